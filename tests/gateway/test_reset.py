"""A reset, with a real control's door behind it and the rest made up."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lambent.daemon.control_reset import ControlReset
from lambent.gateway.quiet import Quiet
from lambent.gateway.reset import FORGET_FUNCTIONS, ResetApplication
from lambent.http.client import UnixClient
from tests.http.harness import Client, Site, served

POST = b"POST /_lambent/reset HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Everything:
    """What is reset; notes in which order."""

    order: list[str] = field(default_factory=list)
    broken: str = ""

    def _did(self, what: str) -> None:
        self.order.append(what)
        if self.broken == what:
            raise OSError(f"{what} is broken")

    async def clear(self) -> int:
        self._did("functions")
        return 3

    async def names(self) -> frozenset[str]:
        return frozenset({"new"})

    async def reload(self) -> None:
        self._did("edge told")

    async def collect(self, in_use: frozenset[str]) -> None:
        assert in_use == {"new"}
        self._did("packages")

    async def end_deleted(self) -> None:
        self._did("environments")


class Logs:
    def __init__(self, everything: Everything) -> None:
        self._everything = everything

    async def clear(self) -> None:
        self._everything.order.append("logs")


@asynccontextmanager
async def resettable(
    everything: Everything, folder: Path, *, allowed: bool = True
) -> AsyncIterator[Client]:
    async with asyncio.TaskGroup() as tasks:
        reset = ControlReset(
            functions=everything,
            in_use=everything,
            feed=everything,
            packages=everything,
            quiet=Quiet(),
            tasks=tasks,
        )
        assert reset.takes(FORGET_FUNCTIONS)
        assert not reset.takes(b"/_lambent/reset")
        upstream = Site(reset, None)
        await upstream.listen_unix(folder / "control.sock")
        try:
            async with UnixClient(
                path=folder / "control.sock", clock=upstream.clock, wheel=upstream.wheel
            ) as control:
                edge = ResetApplication(
                    allowed=allowed,
                    control=control,
                    environments=everything,
                    logs=Logs(everything),
                    tasks=tasks,
                )
                async with served(edge) as (site, port):
                    yield await site.connect(port)
        finally:
            await upstream.close()


async def test_functions_go_first_and_packages_last(tmp_path: Path) -> None:
    everything = Everything()
    async with resettable(everything, tmp_path) as client:
        answer = await client.ask(POST)
        assert (answer.status, json.loads(answer.body)) == (200, {"functions": 3})
    assert everything.order == [
        "functions",
        "edge told",
        "environments",
        "logs",
        "packages",
    ]


async def test_without_leave_nothing_is_touched(tmp_path: Path) -> None:
    everything = Everything()
    async with resettable(everything, tmp_path, allowed=False) as client:
        answer = await client.ask(POST)
        assert answer.status == 403
        assert "--allow-reset" in json.loads(answer.body)["message"]
    assert everything.order == []


async def test_only_post_resets(tmp_path: Path) -> None:
    everything = Everything()
    async with resettable(everything, tmp_path) as client:
        assert (await client.ask(POST.replace(b"POST", b"GET"))).status == 405
    assert everything.order == []


@pytest.mark.parametrize(
    ("broken", "words"),
    [("functions", "control answered 500"), ("environments", "environments is broken")],
)
async def test_what_fails_is_told_and_can_be_tried_again(
    tmp_path: Path, broken: str, words: str
) -> None:
    everything = Everything(broken=broken)
    async with resettable(everything, tmp_path) as client:
        answer = await client.ask(POST)
        assert answer.status == 503
        assert json.loads(answer.body)["message"] == (
            f"The reset was not finished: {words}. Try again."
        )
        everything.broken = ""
        assert (await client.ask(POST)).status == 200


async def test_a_control_that_is_gone_is_told(tmp_path: Path) -> None:
    everything = Everything(broken="edge told")
    async with resettable(everything, tmp_path) as client:
        assert (await client.ask(POST)).status == 503
    assert everything.order == ["functions", "edge told"]
