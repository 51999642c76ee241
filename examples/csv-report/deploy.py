"""Deploys a Node function that reports on a CSV file, has it read one, and takes the function away again.

python deploy.py --endpoint http://127.0.0.1:4566 --region us-east-1 [table.csv]
"""

import argparse
import io
import json
import platform
import shutil
import subprocess
import tempfile
import uuid
import zipfile
from pathlib import Path

import boto3

HERE = Path(__file__).parent
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "table", nargs="?", type=Path, help="a CSV file in UTF-8; default: the one in the package"
    )
    parser.add_argument("--delimiter", default=",", help="default: a comma")
    parser.add_argument("--endpoint", help="where the Lambda API is; default: AWS's own")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--runtime", help="default: as the Node in PATH, nodejs22.x for instance")
    parser.add_argument(
        "--npm-cache", type=Path, help="where npm keeps what it fetched; default: npm's own place"
    )
    parser.add_argument(
        "--role",
        default="arn:aws:iam::000000000000:role/csv-report",
        help="ARN of the function's role",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("report.md"),
        help="the report; beside it, ending in .json, the same for programs; default: %(default)s",
    )
    return parser.parse_args(argv)


def run(*command):
    if shutil.which(command[0]) is None:
        raise SystemExit(f"there is no {command[0]} in PATH; on Debian: apt-get install npm")
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} {command[1]} failed; what it said is above")
    return done.stdout


def node_runtime():
    """The runtime that is like the Node in PATH."""
    return f"nodejs{run('node', '--version').strip().lstrip('v').partition('.')[0]}.x"


def install(folder, cache):
    """Let npm put what package-lock.json names into `folder`; no package's script is run."""
    options = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    options += ["--cache", str(cache)] if cache else []
    run("npm", "ci", "--loglevel", "error", "--prefix", str(folder), *options)


def build_zip(cache):
    """The deployment package: our code, the table and csv-parse."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as parent, zipfile.ZipFile(out, "w") as archive:
        folder = Path(parent) / "function"
        shutil.copytree(HERE / "function", folder, ignore=shutil.ignore_patterns("node_modules"))
        install(folder, cache)
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16  # readable to all, as Lambda needs it
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return out.getvalue()


def call(client, name, event):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise SystemExit(f"the function failed: {json.dumps(result, indent=2)}")
    return result


def main(argv=None):
    chosen = arguments(argv)
    client = boto3.client("lambda", endpoint_url=chosen.endpoint, region_name=chosen.region)
    event = {"delimiter": chosen.delimiter}
    if chosen.table:
        event["csv"] = chosen.table.read_bytes().decode()
    runtime = chosen.runtime or node_runtime()
    package = build_zip(chosen.npm_cache)
    name = f"csv-report-{uuid.uuid4().hex[:8]}"
    client.create_function(
        FunctionName=name,
        Runtime=runtime,
        Architectures=[MACHINE[platform.machine()]],
        Handler="index.handler",
        Role=chosen.role,
        Code={"ZipFile": package},
        MemorySize=1024,
        Timeout=30,
    )
    try:
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        result = call(client, name, event)
    finally:
        client.delete_function(FunctionName=name)
    report = result["report"]
    chosen.output.write_text(result["markdown"], "utf-8")
    chosen.output.with_suffix(".json").write_text(
        json.dumps(report, indent=2, ensure_ascii=False), "utf-8"
    )
    print(f"package  {len(package):>9,} bytes, {runtime}")
    print(f"{report['source']}  {report['rows']:,} rows, {len(report['columns'])} columns")
    print(f"{chosen.output}  {len(result['markdown'].encode()):,} bytes")


if __name__ == "__main__":
    main()
