"""Deploys a function with large native packages, calls it cold and warm, and takes it away again.

python deploy.py --endpoint http://127.0.0.1:4566 --region us-east-1
"""

import argparse
import hashlib
import io
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config

HERE = Path(__file__).parent
FUNCTION = HERE / "function"
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
MOST_ZIPPED = 52_428_800
"""Of a package that comes in the request itself, on AWS and on lambent."""
MOST_UNZIPPED = 262_144_000


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--endpoint", help="where the Lambda API is; default: AWS's own")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument(
        "--runtime",
        default=f"python3.{sys.version_info.minor}",
        help="default: as the Python that runs this, %(default)s",
    )
    parser.add_argument(
        "--role",
        default="arn:aws:iam::000000000000:role/pandas",
        help="ARN of the function's role",
    )
    parser.add_argument(
        "--cache", type=Path, help="where wheels and the finished zip are kept for the next time"
    )
    parser.add_argument("--year", type=int, default=2026, help="default: %(default)s")
    parser.add_argument("--calls", type=int, default=3, help="warm ones, default: %(default)s")
    return parser.parse_args(argv)


def wheel_platforms(runtime, machine):
    """The wheels that run on what AWS runs `runtime` on: Amazon Linux 2 up to Python 3.11, then 2023."""
    tags = ["manylinux2014", "manylinux_2_17"]
    if int(runtime.partition(".")[2]) >= 12:
        tags += ["manylinux_2_24", "manylinux_2_27", "manylinux_2_28", "manylinux_2_34"]
    return [f"{tag}_{machine}" for tag in tags]


def fetch_wheels(runtime, machine, folder):
    """Let pip fetch wheels for the function's Python, whichever Python runs this."""
    line = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    line += ["--only-binary", ":all:", "--implementation", "cp", "--dest", str(folder)]
    line += ["--python-version", runtime.removeprefix("python")]
    for tag in wheel_platforms(runtime, machine):
        line += ["--platform", tag]
    line += ["--requirement", str(HERE / "requirements.txt")]
    if subprocess.run(line, check=False).returncode:
        raise SystemExit("pip could not fetch the wheels; what it said is above")
    return sorted(folder.glob("*.whl"))


def files_of(wheels):
    """What is to be packed, by its path: ours, and all that pip would install of the wheels."""
    for path in sorted(FUNCTION.glob("*.py")):
        yield path.name, path.read_bytes()
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and ".data/" not in entry.filename:
                    yield entry.filename, archive.read(entry)


def packed(files):
    """A zip of them, readable to all, as Lambda needs it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def build_zip(wheels):
    """The deployment package; the packages' own tests are in it unless it would be too large then."""
    whole = packed(files_of(wheels))
    if len(whole) <= MOST_ZIPPED:
        return whole
    return packed((name, content) for name, content in files_of(wheels) if "/tests/" not in name)


def package(runtime, machine, cache):
    """The zip from the cache, made first if it is not there; what went into it is its name."""
    digest = hashlib.sha256()
    for path in [HERE / "requirements.txt", *sorted(FUNCTION.glob("*.py"))]:
        digest.update(path.read_bytes())
    kept = cache / f"{runtime}-{machine}-{digest.hexdigest()[:12]}.zip"
    if not kept.exists():
        wheels = cache / f"{runtime}-{machine}"
        fetch_wheels(runtime, machine, wheels)
        for old in cache.glob(f"{runtime}-{machine}-*.zip"):
            old.unlink()
        made = cache / f"{uuid.uuid4().hex}.part"
        made.write_bytes(build_zip(sorted(wheels.glob("*.whl"))))
        made.rename(kept)  # whole or not at all, also when two do this at once
        shutil.rmtree(wheels)
    return kept.read_bytes()


def timed(action):
    begun = time.monotonic()
    result = action()
    return result, time.monotonic() - begun


def call(client, name, event):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise SystemExit(f"the function failed: {json.dumps(result, indent=2)}")
    return result


def create(client, name, chosen, code):
    client.create_function(
        FunctionName=name,
        Runtime=chosen.runtime,
        Architectures=[MACHINE[platform.machine()]],
        Handler="app.handler",
        Role=chosen.role,
        Code={"ZipFile": code},
        MemorySize=1769,
        Timeout=120,
    )


def wait(client, name):
    waiter = client.get_waiter("function_active_v2")
    waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def main(argv=None):
    chosen = arguments(argv)
    client = boto3.client(
        "lambda",
        endpoint_url=chosen.endpoint,
        region_name=chosen.region,
        config=Config(read_timeout=120, retries={"max_attempts": 0}),
    )
    with tempfile.TemporaryDirectory() as folder:
        code = package(chosen.runtime, platform.machine(), chosen.cache or Path(folder))
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
        count = len(archive.infolist())
    print(f"package   {len(code):>11,} bytes zipped, {len(code) / MOST_ZIPPED:.0%} of the most")
    print(f"          {unzipped:>11,} unzipped, {unzipped / MOST_UNZIPPED:.0%}, in {count:,} files")
    name, event = f"pandas-{uuid.uuid4().hex[:8]}", {"year": chosen.year}
    _, uploading = timed(lambda: create(client, name, chosen, code))
    try:
        _, waiting = timed(lambda: wait(client, name))
        print(f"deployed  {uploading + waiting:8.2f} s until it is active, {chosen.runtime}")
        result, seconds = timed(lambda: call(client, name, event))
        print(f"cold      {seconds:8.2f} s, of which the handler {result['seconds']:.2f} s")
        for _ in range(chosen.calls):
            result, seconds = timed(lambda: call(client, name, event))
            print(f"warm      {seconds:8.2f} s, of which the handler {result['seconds']:.2f} s")
    finally:
        client.delete_function(FunctionName=name)
    versions = ", ".join(f"{module} {version}" for module, version in result["versions"].items())
    print(
        f"answer    {result['zones']} zones, {result['changing']} change their clocks in {chosen.year}"
    )
    print(f"          {versions}")


if __name__ == "__main__":
    main()
