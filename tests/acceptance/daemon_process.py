"""A real `./lambent up` as a test sees it: from outside."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from lambent.daemon.config import run_root
from lambent.daemon.instance import own_dir
from lambent.sandbox.network import nft
from lambent.sandbox.network.nft import NftFailure
from lambent.sandbox.network.rules import table_name

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
RUN_ROOT = run_root()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class DaemonProcess:
    """`./lambent up` on a free port with a data directory of its own."""

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        sdk: bool = False,
        launcher: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`launcher` is a command that starts it in a way of its own; `environ` adds to this process's."""
        self._launcher = launcher
        self.data_dir, self._options = data_dir, options
        self._environ = {"LAMBENT_RUNTIMES_SDK": str(sdk).lower(), **(environ or {})}
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: set[str] = set()

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until health answers; the text of the log is the failure's message."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._launcher,
                    str(ROOT / "lambent"),
                    "up",
                    "--port",
                    str(self.port),
                    "--data-dir",
                    str(self.data_dir),
                    *self._options,
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self._environ},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError):
                if self.health()["status"] == "ok" and self._has_control():
                    self._seen.update(self.instances())
                    return
            time.sleep(0.01)  # polling another process from outside: there is no signal to wait for
        raise AssertionError(self.log.read_text())

    def _has_control(self) -> bool:
        """Whether control listens: health is the edge's, whose patience with control a very slow kernel may use up."""
        return any(
            (own_dir(RUN_ROOT / name) / "control.sock").exists() for name in self.instances()
        )

    def health(self) -> dict[str, Any]:
        """What `GET /_lambent/health` says."""
        with urllib.request.urlopen(f"{self.endpoint}/_lambent/health", timeout=5) as answer:
            document: dict[str, Any] = json.load(answer)
            return document

    def stop(self) -> int:
        """SIGTERM, then wait; returns the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL the supervisor alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def descendants(self) -> list[int]:
        """Every live process below the supervisor."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    parents[int(entry.name)] = int(
                        (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                    )
        found: list[int] = []
        todo = [self.pid]
        while todo:
            parent = todo.pop()
            children = [pid for pid, of in parents.items() if of == parent]
            found += children
            todo += children
        return found

    def instances(self) -> list[str]:
        """The ids under which daemons of this data directory are known to the host, dead ones included."""
        found: list[str] = []
        for place in RUN_ROOT.glob("*/instance.json"):
            with contextlib.suppress(OSError, ValueError):
                if json.loads(place.read_text())["data_dir"] == str(self.data_dir):
                    found.append(place.parent.name)
        return found

    def leftovers(self) -> list[str]:
        """What of this daemon is still on the host after its end: run directory, cgroups, mounts, loop devices, links, tables."""
        names = {*self._seen, *self.instances()}
        found = [str(path) for name in names if (path := Path(RUN_ROOT, name)).exists()]
        for name in names:
            for pattern in (f"lambent-{name}*", f"*/lambent-{name}*"):
                found += [str(path) for path in Path("/sys/fs/cgroup").glob(pattern)]
            found += [link for _, link in socket.if_nameindex() if link == f"lb-{name}"]
        with contextlib.suppress(NftFailure):  # there is none, or none for this user
            mine = {("inet", table_name(name)) for name in names}
            found += [f"table {table}" for _, table in mine.intersection(nft.tables())]
        places = [str(self.data_dir), *(f"{RUN_ROOT}/{name}/" for name in names)]
        files = [*Path("/sys/block").glob("loop*/loop/backing_file"), Path("/proc/self/mounts")]
        for file in files:
            with contextlib.suppress(OSError):  # a loop device that is let go of meanwhile
                lines = file.read_text().splitlines()
                found += [line for line in lines if any(place in line for place in places)]
        return found

    def client(
        self,
        service: str,
        *,
        region: str = "us-east-1",
        key: str = "test",
        secret: str = "test",
        read_timeout: float = 60,
    ) -> Any:
        """A boto3 client of this daemon, without retries."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(
                retries={"max_attempts": 0},
                read_timeout=read_timeout,
                inject_host_prefix=False,
                max_pool_connections=128,
            ),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def alive(pid: int) -> bool:
    """Whether `pid` runs (a zombie does not)."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def end(pid: int) -> None:
    """`kill -9`, harmless when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
