"""The lambent that is measured: started here, or one that runs already."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from benchmarks.machine import descendants, in_own_pid_namespace, parents

ROOT = Path(__file__).parent.parent
ECHO = {"app.py": b"def handler(event, context):\n    return event\n"}


class NotReady(Exception):
    """The daemon did not come up, or a function did not become active."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What requests are signed with."""

    access_key: str
    secret_key: str
    region: str


class Target:
    """A running lambent."""

    def __init__(self, endpoint: str, keys: Keys) -> None:
        self.endpoint, self._keys = endpoint.rstrip("/"), keys
        split = urlsplit(self.endpoint)
        self.host, self.port = split.hostname or "127.0.0.1", split.port or 80
        self.client = self.client_for(10)

    def client_for(self, callers: int) -> Any:
        """A client of Lambda for so many threads."""
        return botocore.session.get_session().create_client(
            "lambda",
            region_name=self._keys.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self._keys.access_key,
            aws_secret_access_key=self._keys.secret_key,
            config=Config(
                retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=callers
            ),
        )

    def health(self) -> dict[str, Any]:
        """What the daemon says of itself."""
        return _health(self.endpoint)

    def processes(self) -> dict[str, int]:
        """Its named processes; empty when it runs on another machine."""
        named = {name: pid for name, pid in self.health()["processes"].items() if pid}
        return named if all(Path(f"/proc/{pid}").exists() for pid in named.values()) else {}

    def everything(self) -> set[int]:
        """The supervisor, the named processes and all below them, cells and sandboxes included."""
        named = self.processes()
        if not named:
            return set()
        supervisor = parents()[named["edge"]]
        return {supervisor} | descendants(supervisor)

    def runtimes(self) -> set[int]:
        """The processes inside sandboxes; without isolation, all that are none of the named ones."""
        others = self.everything() - set(self.processes().values())
        inside = {pid for pid in others if in_own_pid_namespace(pid)}
        return inside or others

    def runtimes_there(self) -> list[str]:
        """What it can run, once it has looked."""
        until = time.monotonic() + 60
        while (runtimes := self.health()["runtimes"]) is None and time.monotonic() < until:
            time.sleep(0.05)
        return list(runtimes or ())

    def newest_python(self) -> str:
        """The newest Python that it can run. Raises NotReady when there is none."""
        pythons = [r for r in self.runtimes_there() if r.startswith("python3.")]
        if not pythons:
            raise NotReady("no Python runtime on this host: lambent doctor says why")
        return str(max(pythons, key=lambda r: int(r.rpartition(".")[2])))

    def create(
        self, name: str, runtime: str, *, memory_mb: int, files: Mapping[str, bytes] = ECHO
    ) -> None:
        """Make a function and wait until it is active. Raises NotReady."""
        self.client.create_function(
            FunctionName=name,
            Runtime=runtime,
            Role="arn:aws:iam::000000000000:role/bench",
            Handler="app.handler",
            Code={"ZipFile": _zipped(files)},
            MemorySize=memory_mb,
            Timeout=30,
        )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.client.get_function_configuration(FunctionName=name)
            if found["State"] == "Active":
                return
            if found["State"] == "Failed":
                raise NotReady(f"{name}: {found.get('StateReason')}")
            time.sleep(0.01)
        raise NotReady(f"{name} did not become active")

    def package(self) -> bytes:
        """The smallest package that runs."""
        return _zipped(ECHO)

    def delete(self, name: str) -> None:
        """Take a function away."""
        self.client.delete_function(FunctionName=name)

    def invocation(self, name: str, payload: bytes) -> bytes:
        """The bytes of a signed Invoke, good for the few minutes that a signature is."""
        path = f"/2015-03-31/functions/{name}/invocations"
        request = AWSRequest("POST", self.endpoint + path, data=payload)
        credentials = Credentials(self._keys.access_key, self._keys.secret_key)
        SigV4Auth(credentials, "lambda", self._keys.region).add_auth(request)
        netloc = urlsplit(self.endpoint).netloc
        lines = [f"POST {path} HTTP/1.1", f"Host: {netloc}", f"Content-Length: {len(payload)}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + payload


@contextlib.contextmanager
def started(region: str, *, cells: int | None = None) -> Iterator[tuple[Target, float]]:
    """A lambent of its own with an empty data directory and at most `cells` stem cells a runtime, and the seconds from its start to its first healthy answer.

    Requests are signed with its root key, so that it verifies every signature. Raises NotReady. It is stopped at the end.
    """
    with tempfile.TemporaryDirectory(prefix="lambent-bench-") as folder:
        log = Path(folder) / "log"
        port = _free_port()
        command = [str(ROOT / "lambent"), "up", "--port", str(port)]
        command += ["--data-dir", str(Path(folder) / "data")]
        began = time.perf_counter()
        with log.open("wb") as out:
            environ = {} if cells is None else {"LAMBENT_ENVIRONMENTS_CELLS": str(cells)}
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            seconds = _wait_for(port, process, began, log)
            yield Target(_local(port), _root_keys(Path(folder) / "data", region)), seconds
        finally:
            _stop(process)


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _root_keys(data_dir: Path, region: str) -> Keys:
    root = json.loads((data_dir / "keys" / "root.json").read_text())
    return Keys(access_key=root["AccessKeyId"], secret_key=root["SecretAccessKey"], region=region)


def _health(endpoint: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{endpoint}/_lambent/health", timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _wait_for(port: int, process: subprocess.Popen[bytes], began: float, log: Path) -> float:
    while time.perf_counter() - began < 120:
        if process.poll() is not None:
            raise NotReady(f"lambent ended: {log.read_text(errors='replace')[-2_000:]}")
        with contextlib.suppress(OSError):
            _health(_local(port))
            return time.perf_counter() - began
        time.sleep(0.005)
    raise NotReady(f"lambent did not answer: {log.read_text(errors='replace')[-2_000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def is_root() -> bool:
    """Whether memory and namespaces of other users' processes can be read."""
    return os.geteuid() == 0
