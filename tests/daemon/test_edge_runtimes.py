"""The edge learns what its host can run while it serves already."""

import asyncio
import errno
from collections.abc import Sequence
from pathlib import Path

import pytest

from lambent.daemon.edge_runtimes import EdgeRuntimes
from lambent.kit.tasks import background
from lambent.runtimes.installed import Found, InstalledRuntime, MissingRuntime


class Host:
    """A catalogue of what is `installed`, on a disk that may be full."""

    def __init__(self, *installed: str) -> None:
        self.installed, self.full = list(installed), False

    def find(self, identifier: str) -> Found:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        if identifier not in self.installed:
            return MissingRuntime(identifier=identifier, reason="it is not there")
        return InstalledRuntime(
            identifier=identifier,
            version="1.2.3",
            executable=Path("/usr/bin", identifier),
            interpreter_dir=None,
            argv=("run",),
            environ={},
            bootstrap_dir=Path("/bootstrap"),
        )

    def available(self) -> Sequence[InstalledRuntime]:
        found = map(self.find, self.installed)
        return [runtime for runtime in found if isinstance(runtime, InstalledRuntime)]


class Turns:
    """Lets one look after another happen."""

    def __init__(self) -> None:
        self._looked, self._on = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def sleep(self, _seconds: float) -> None:
        self._looked.release()
        await self._on.acquire()

    async def look_ended(self) -> None:
        async with asyncio.timeout(10):
            await self._looked.acquire()

    async def next_look(self) -> None:
        self._on.release()
        await self.look_ended()


def known(runtimes: EdgeRuntimes) -> list[str] | None:
    """What it knows that the host has."""
    return None if runtimes.identifiers is None else list(runtimes.identifiers)


async def test_the_newest_python_is_named_once_and_everything_is_known_after_a_look() -> None:
    runtimes, turns, named = EdgeRuntimes(Host("python3.9", "python3.12")), Turns(), list[str]()
    assert known(runtimes) is None
    async with background(looking=runtimes.keep_looking(named.append, sleep=turns.sleep)):
        await turns.look_ended()
        assert known(runtimes) == ["python3.9", "python3.12"]
        await turns.next_look()
    assert named == ["python3.12"]


async def test_what_is_installed_later_is_seen() -> None:
    host, turns, named = Host(), Turns(), list[str]()
    runtimes = EdgeRuntimes(host)
    async with background(looking=runtimes.keep_looking(named.append, sleep=turns.sleep)):
        await turns.look_ended()
        assert known(runtimes) == []
        host.installed.append("python3.10")
        await turns.next_look()
        assert known(runtimes) == ["python3.10"]
    assert named == ["python3.10"]


async def test_a_full_disk_is_said_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    host, turns, named = Host("python3.11"), Turns(), list[str]()
    host.full = True
    runtimes = EdgeRuntimes(host)
    async with background(looking=runtimes.keep_looking(named.append, sleep=turns.sleep)):
        await turns.look_ended()
        assert known(runtimes) is None
        assert "No space left on device" in caplog.text
        host.full = False
        await turns.next_look()
    assert (known(runtimes), named) == (["python3.11"], ["python3.11"])
