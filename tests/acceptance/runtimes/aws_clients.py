"""Functions on AWS's own runtime clients, fetched from their registries and built by this host's tools, once for all runs."""

import os
import shutil
from pathlib import Path

from tests.acceptance.kept import Unreachable, kept, run

SOURCES = Path(__file__).parent / "aws_clients"
_MODULES = "java.base,java.logging,java.management,java.naming,java.sql,jdk.unsupported"
_HEADERS = Path("/usr/include/node/node.h")


def _files(folder: Path) -> dict[str, str | bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _copied(at: Path, *names: str) -> None:
    for name in names:
        shutil.copyfile(SOURCES / name, at / name)


def go() -> dict[str, str | bytes]:
    """`github.com/aws/aws-lambda-go`, linked statically."""

    def build(at: Path) -> None:
        _copied(at, "main.go")
        run("go", "mod", "init", "function", at=at)
        run("go", "get", "github.com/aws/aws-lambda-go@v1.55.1", at=at)
        run("env", "CGO_ENABLED=0", "go", "build", "-o", "bootstrap", ".", at=at)

    return {"bootstrap": (kept("aws-lambda-go-1.55.1", build) / "bootstrap").read_bytes()}


def rust() -> dict[str, str | bytes]:
    """The crate `lambda_runtime`, on the host's C library."""

    def build(at: Path) -> None:
        _copied(at, "main.rs", "Cargo.toml")
        run("cargo", "build", "--quiet", at=at)
        shutil.move(at / "target/debug/bootstrap", at / "bootstrap")
        shutil.rmtree(at / "target")

    return {"bootstrap": (kept("lambda_runtime-1.5.0", build) / "bootstrap").read_bytes()}


def java() -> dict[str, str | bytes]:
    """`aws-lambda-java-runtime-interface-client`, with a Java of its own: what of the host's lies in /etc is not inside."""

    def build(at: Path) -> None:
        _copied(at, "pom.xml", "Function.java")
        package = at / "package"
        run(
            "mvn",
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DoutputDirectory=package/lib",
            at=at,
        )
        run("javac", "-cp", "package/lib/*", "-d", "package", "Function.java", at=at)
        run(
            *("jlink", "--add-modules", _MODULES, "--output", str(package / "jre")),
            *("--strip-debug", "--no-header-files", "--no-man-pages", "--compress=2"),
            at=at,
        )
        shutil.rmtree(package / "jre/legal")

    bootstrap = (
        "#!/bin/sh\n"
        "exec /var/task/jre/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/var/task:/var/task/lib/*' "
        'com.amazonaws.services.lambda.runtime.api.client.AWSLambda "$_HANDLER"\n'
    )
    return {**_files(kept("aws-lambda-java-ric-2.6.0", build) / "package"), "bootstrap": bootstrap}


def node() -> dict[str, str | bytes]:
    """`aws-lambda-ric` of npm, whose native part is built here for the host's own Node."""

    def build(at: Path) -> None:
        for tool in ("autoreconf", "cmake", "make", "g++"):
            if shutil.which(tool) is None:
                raise Unreachable(f"its native part needs {tool}")
        if not _HEADERS.exists() or not Path("/usr/bin/node").exists():
            raise Unreachable("its native part needs a Node in /usr/bin and its headers beside it")
        run(
            *("env", "npm_config_nodedir=/usr", "npm", "install", "--no-audit", "--no-fund"),
            *("--prefix", str(at), "aws-lambda-ric@3.3.0"),
            at=at,
        )
        whole = at / "node_modules/aws-lambda-ric"
        for part in ("bin", "dist", "package.json"):
            os.renames(whole / part, at / "package/node_modules/aws-lambda-ric" / part)
        shutil.rmtree(at / "node_modules")

    bootstrap = (
        "#!/bin/sh\n"
        'exec /usr/bin/node /var/task/node_modules/aws-lambda-ric/bin/index.mjs "$_HANDLER"\n'
    )
    files = _files(kept("aws-lambda-ric-3.3.0", build) / "package")
    return {**files, "index.mjs": (SOURCES / "index.mjs").read_text(), "bootstrap": bootstrap}
