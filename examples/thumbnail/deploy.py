"""Deploys the thumbnail function, makes a thumbnail of a picture with it, and takes the function away again.

python deploy.py --endpoint http://127.0.0.1:4566 --region us-east-1 [picture.jpg]
"""

import argparse
import base64
import io
import json
import platform
import subprocess
import sys
import tempfile
import uuid
import zipfile
from pathlib import Path

import boto3

HERE = Path(__file__).parent
FUNCTION = HERE / "function"
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "picture", nargs="?", help="a JPEG, PNG or WebP; default: the photo in the package"
    )
    parser.add_argument("--endpoint", help="where the Lambda API is; default: AWS's own")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument(
        "--runtime",
        default=f"python3.{sys.version_info.minor}",
        help="default: as the Python that runs this, %(default)s",
    )
    parser.add_argument(
        "--wheels", type=Path, help="where Pillow's wheel is kept for the next time"
    )
    parser.add_argument(
        "--role",
        default="arn:aws:iam::000000000000:role/thumbnail",
        help="ARN of the function's role",
    )
    parser.add_argument(
        "--size", type=int, default=256, help="longest side in pixels, default: %(default)s"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("thumbnail.jpg"), help="default: %(default)s"
    )
    return parser.parse_args(argv)


def wheel_platforms(runtime, machine):
    """The wheels that run on what AWS runs `runtime` on: Amazon Linux 2 up to Python 3.11, then 2023."""
    tags = ["manylinux2014", "manylinux_2_17"]
    if int(runtime.partition(".")[2]) >= 12:
        tags += ["manylinux_2_27", "manylinux_2_28"]
    return [f"{tag}_{machine}" for tag in tags]


def pip(command, runtime, machine, *options):
    """Let pip take wheels for the function's Python, whichever Python runs this."""
    line = [sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check"]
    line += ["--only-binary", ":all:", "--implementation", "cp"]
    line += ["--python-version", runtime.removeprefix("python")]
    for tag in wheel_platforms(runtime, machine):
        line += ["--platform", tag]
    line += ["--requirement", str(HERE / "requirements.txt")]
    subprocess.run([*line, *map(str, options)], check=True)


def install_pillow(target, runtime, machine, wheels):
    """Unpack Pillow's wheel into `target`; it is fetched unless `wheels` has it already."""
    tag = runtime.replace("python", "cp").replace(".", "")
    if not any(wheels.glob(f"*-{tag}-{tag}-*_{machine}.whl")):
        pip("download", runtime, machine, "--dest", wheels)
    pip("install", runtime, machine, "--no-index", "--find-links", wheels, "--target", target)


def add_tree(archive, root):
    """Add every file below `root`, readable to all, as Lambda needs it, whatever the mode here."""
    for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, path.read_bytes())


def build_zip(runtime, machine, wheels):
    """The deployment package: our code and Pillow."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w") as archive:
        unpacked = Path(folder) / "unpacked"
        install_pillow(unpacked, runtime, machine, wheels or Path(folder))
        add_tree(archive, FUNCTION)
        add_tree(archive, unpacked)
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
    event = {"sizes": [chosen.size]}
    if chosen.picture:
        event["image"] = base64.b64encode(Path(chosen.picture).read_bytes()).decode()
    package = build_zip(chosen.runtime, platform.machine(), chosen.wheels)
    name = f"thumbnail-{uuid.uuid4().hex[:8]}"
    client.create_function(
        FunctionName=name,
        Runtime=chosen.runtime,
        Architectures=[MACHINE[platform.machine()]],
        Handler="app.handler",
        Role=chosen.role,
        Code={"ZipFile": package},
        MemorySize=512,
        Timeout=30,
    )
    try:
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        result = call(client, name, event)
    finally:
        client.delete_function(FunctionName=name)
    source, (thumbnail,) = result["source"], result["thumbnails"]
    chosen.output.write_bytes(base64.b64decode(thumbnail["jpeg"]))
    print(f"package  {len(package):>9,} bytes, {chosen.runtime}")
    print(
        f"picture  {source['bytes']:>9,} bytes, {source['width']}x{source['height']} {source['format']}"
    )
    print(
        f"{chosen.output}  {thumbnail['bytes']:,} bytes, {thumbnail['width']}x{thumbnail['height']}"
    )


if __name__ == "__main__":
    main()
