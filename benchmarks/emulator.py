"""AWS's Runtime Interface Emulator with AWS's Python runtime client, as the SAM CLI's wheel has it, measured beside lambent."""

import contextlib
import hashlib
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import Sample, run_load
from benchmarks.measure import PAYLOAD, Latency, latency
from benchmarks.programs import PYTHON
from benchmarks.target import ROOT, NotReady, Target

_LOCK: Final = ROOT / "requirements" / "emulator.lock"
_MACHINES: Final = {"x86_64": "x86_64", "aarch64": "arm64"}
_FETCH_SECONDS: Final = 180
_START_SECONDS: Final = 20
_TURNS: Final = 10
_PATH: Final = "/2015-03-31/functions/function/invocations"


class Missing(Exception):
    """It can't be had here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """Its figures, and lambent's warm ones taken in turns with them."""

    version: str
    warm_p50_us: float
    warm_p99_us: float
    ours_p50_us: float
    ours_p99_us: float
    cold: Latency
    """First calls of emulators that were just started: their own start is not counted, the runtime's is."""

    @property
    def ratio(self) -> float:
        """Of our median to theirs."""
        return self.ours_p50_us / self.warm_p50_us


class Emulator:
    """The emulator, fetched once into the user's cache."""

    def __init__(self) -> None:
        """Raises Missing."""
        machine = _MACHINES.get(platform.machine())
        if machine is None:
            raise Missing(f"there is none for {platform.machine()}")
        self._packages = _fetched()
        self._binary = self._packages / f"samcli/local/rapid/aws-lambda-rie-{machine}"
        if not self._binary.is_file():
            raise Missing("the SAM CLI's package does not contain it")
        self._binary.chmod(0o755)

    async def beside(
        self, target: Target, *, runtime: str, memory_mb: int, seconds: float, cold: int
    ) -> Theirs:
        """Warm calls of both in turns, on one connection at a time, then its cold ones."""
        name = f"bench-{uuid.uuid4().hex[:12]}"
        target.create(name, runtime, memory_mb=memory_mb)
        ours, theirs = Sample(), Sample()
        try:
            with self._running() as port:
                places = (
                    (ours, target.host, target.port, target.invocation(name, PAYLOAD)),
                    (theirs, "127.0.0.1", port, _request(port)),
                )
                for turn in range(_TURNS + 1):
                    for sample, host, where, request in places:
                        part = await run_load(
                            host, where, request, connections=1, seconds=seconds / _TURNS
                        )
                        if turn:  # the first warms up
                            sample.latencies_us += part.latencies_us
        finally:
            target.delete(name)
        return Theirs(
            version=self._version(),
            warm_p50_us=theirs.quantile_us(0.5),
            warm_p99_us=theirs.quantile_us(0.99),
            ours_p50_us=ours.quantile_us(0.5),
            ours_p99_us=ours.quantile_us(0.99),
            cold=await self._cold(cold),
        )

    async def _cold(self, calls: int) -> Latency:
        took: list[float] = []
        for _ in range(calls):
            with self._running() as port:
                sample = await run_load(
                    "127.0.0.1", port, _request(port), connections=1, seconds=_START_SECONDS, most=1
                )
                took += sample.latencies_us
        return latency(took, 0.0)

    @contextmanager
    def _running(self) -> Iterator[int]:
        with tempfile.TemporaryDirectory(prefix="lambent-bench-") as folder:
            Path(folder, "app.py").write_bytes(PYTHON)
            with self._process(folder) as port:
                yield port

    @contextmanager
    def _process(self, folder: str) -> Iterator[int]:
        port, api = _free_port(), _free_port()
        command = [str(self._binary), "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{api}"]
        command += [sys.executable, "-m", "awslambdaric", "app.handler"]
        with subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(self._packages)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                _wait_for(port, process)
                yield port
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)  # the runtime too

    def _version(self) -> str:
        found = next(self._packages.glob("aws_sam_cli-*.dist-info"))
        return f"aws-sam-cli {found.name.removeprefix('aws_sam_cli-').removesuffix('.dist-info')}"


def _fetched() -> Path:
    """Where the packages of the lock lie, from PyPI or the cache. Raises Missing."""
    lock = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = home / "lambent-bench" / f"emulator-{lock}-{version}"
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        packages = Path(folder) / "packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"]
        command += ["--target", str(packages), "-r", str(_LOCK)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise Missing("fetching it from PyPI took too long") from error
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["pip failed"]
            raise Missing(f"it could not be fetched from PyPI: {said[-1]}")
        with contextlib.suppress(OSError):  # somebody else was quicker
            packages.rename(place)
    return place


def _request(port: int) -> bytes:
    head = (
        f"POST {_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(PAYLOAD)}\r\n\r\n"
    )
    return head.encode() + PAYLOAD


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.005)
    raise NotReady("AWS's emulator did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
