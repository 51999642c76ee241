"""Compiles a C program, deploys it as a function, has it render a picture, and takes the function away again.

python deploy.py --endpoint http://127.0.0.1:4566 --region us-east-1
"""

import argparse
import base64
import io
import json
import platform
import shlex
import struct
import subprocess
import tempfile
import uuid
import zipfile
import zlib
from pathlib import Path

import boto3

HERE = Path(__file__).parent
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--endpoint", help="where the Lambda API is; default: AWS's own")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--runtime", default="provided.al2023", help="default: %(default)s")
    parser.add_argument(
        "--role",
        default="arn:aws:iam::000000000000:role/native",
        help="ARN of the function's role",
    )
    parser.add_argument("--compiler", default="cc", help="default: %(default)s")
    parser.add_argument("--width", type=int, default=640, help="default: %(default)s")
    parser.add_argument("--height", type=int, default=480, help="default: %(default)s")
    parser.add_argument(
        "--output", type=Path, default=Path("mandelbrot.png"), help="default: %(default)s"
    )
    return parser.parse_args(argv)


def compiled(compiler, folder):
    """The function's program, linked statically: it needs nothing of the system that it runs on."""
    program = folder / "bootstrap"
    sources = sorted(map(str, (HERE / "function").glob("*.c")))
    options = ["-O2", "-Wall", "-Wextra", "-static", "-s"]
    subprocess.run([*shlex.split(compiler), *options, "-o", str(program), *sources], check=True)
    return program.read_bytes()


def package(program):
    """The deployment package: one file named `bootstrap` that all may execute."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, program)
    return out.getvalue()


def png(width, height, pixels):
    """A grey picture."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def call(client, name, event):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise SystemExit(f"the function failed: {json.dumps(result, indent=2)}")
    return result


def main(argv=None):
    chosen = arguments(argv)
    client = boto3.client("lambda", endpoint_url=chosen.endpoint, region_name=chosen.region)
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(chosen.compiler, Path(folder))
    name = f"native-{uuid.uuid4().hex[:8]}"
    client.create_function(
        FunctionName=name,
        Runtime=chosen.runtime,
        Architectures=[MACHINE[platform.machine()]],
        Handler="bootstrap",
        Role=chosen.role,
        Code={"ZipFile": package(program)},
        MemorySize=1769,
        Timeout=30,
    )
    try:
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        result = call(client, name, {"width": chosen.width, "height": chosen.height})
    finally:
        client.delete_function(FunctionName=name)
    pixels = base64.b64decode(result["pixels"])
    chosen.output.write_bytes(png(result["width"], result["height"], pixels))
    print(f"program  {len(program):>9,} bytes, {chosen.runtime}")
    print(f"{chosen.output}  {result['width']}x{result['height']}, {result['milliseconds']:.0f} ms")


if __name__ == "__main__":
    main()
