"""What the edges tell control of provisioned concurrency over the feed."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from lambent.catalog.feed import FeedServer
from lambent.model.concurrency import ProvisionedStanding
from lambent.model.traffic import Traffic
from tests.catalog.test_feed import edge, serving
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.versions import key, version


@pytest.fixture
async def functions() -> InMemoryFunctions:
    stored = InMemoryFunctions()
    await stored.create(version())
    return stored


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.sock"


def standing(available: int, *, requested: int = 2, failure: str = "") -> ProvisionedStanding:
    return ProvisionedStanding(
        key=key(),
        qualifier="live",
        requested=requested,
        allocated=requested,
        available=available,
        failure=failure,
    )


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0)


def told(server: FeedServer) -> ProvisionedStanding | None:
    return server.standing(key()._replace(version="7"), "live")


def _is_told(server: FeedServer, now: ProvisionedStanding) -> bool:
    return told(server) == now


async def test_what_comes_of_a_change_at_once_is_known_when_it_is_published(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server, edge(path) as one:
        await server.joined()
        guided: list[Traffic] = []

        def guide(traffic: Traffic) -> None:
            guided.append(traffic)
            one.client.report(standing(0))

        one.resolver.watch_traffic(guide)
        assert told(server) is None
        one.resolver.guide(Traffic(key=key(), reserved=7))  # so that there is a change
        one.client.report(standing(0, requested=0))
        await server.publish_traffic(key())
        assert len(guided) == 2
        assert told(server) == standing(0)
        assert server.standing(key(), "other") is None


async def test_counts_rise_and_fall_and_go(path: Path, functions: InMemoryFunctions) -> None:
    async with serving(path, functions) as server, edge(path) as one:
        for available in (1, 2, 0):
            one.client.report(standing(available))
            await until(partial(_is_told, server, standing(available)))
        one.client.report(standing(0, requested=0))
        await until(lambda: told(server) is None)


async def test_an_edge_that_is_gone_has_none(path: Path, functions: InMemoryFunctions) -> None:
    async with serving(path, functions) as server:
        async with edge(path) as one:
            one.client.report(standing(2))
            await until(lambda: told(server) == standing(2))
        await until(lambda: told(server) is None)


async def test_a_control_that_comes_later_is_told_what_stands_then(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as first:
        connected = edge(path)
        one = await connected.__aenter__()
        one.client.report(standing(1))
        await until(lambda: told(first) == standing(1))
    try:
        one.client.report(standing(2))  # nobody hears it
        async with serving(path, functions) as second:
            await until(lambda: told(second) == standing(2))
    finally:
        await connected.__aexit__(None, None, None)


async def test_of_several_edges_the_sum_is_told(path: Path, functions: InMemoryFunctions) -> None:
    async with serving(path, functions) as server, edge(path) as one, edge(path) as two:
        one.client.report(standing(1))
        two.client.report(standing(2, failure="why"))
        both = ProvisionedStanding(
            key=key(), qualifier="live", requested=2, allocated=4, available=3, failure="why"
        )
        await until(lambda: told(server) == both)
