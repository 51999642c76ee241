"""Control and edge agree on what functions there are, whatever breaks in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lambent.catalog.feed import FeedServer
from lambent.catalog.feed_client import FeedClient
from lambent.catalog.feed_messages import LARGEST_BYTES, LOAD_PIECE, Acknowledged, framed
from lambent.catalog.feed_source import FeedSource
from lambent.catalog.resolver import Resolver
from lambent.kit.tasks import background
from lambent.model.alias import Alias, AliasKey
from lambent.model.concurrency import ReservedConcurrency
from lambent.model.function import FunctionKey, FunctionVersion, State
from lambent.model.traffic import Route, Traffic
from lambent.state.functions import StoredFunction
from lambent.state.records import RecordKey
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.state import InMemoryState
from tests.fakes.versions import key, version


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    resolver: Resolver
    client: FeedClient
    seen: list[FunctionKey]


@asynccontextmanager
async def serving(
    path: Path, functions: InMemoryFunctions, patience_seconds: float = 10.0
) -> AsyncIterator[FeedServer]:
    async with (
        FeedServer(
            path=path,
            source=FeedSource(InMemoryState(functions=functions).stores),
            patience_seconds=patience_seconds,
        ) as server,
        background(feed=server.run()),
    ):
        yield server


@asynccontextmanager
async def edge(path: Path) -> AsyncIterator[Edge]:
    resolver, seen = Resolver(), list[FunctionKey]()

    def note(before: FunctionVersion | None, now: FunctionVersion | None) -> None:
        seen.extend(v.key for v in (now or before,) if v)

    resolver.watch(note)
    client = FeedClient(path=path, resolver=resolver)
    async with background(edge=client.run()):
        async with asyncio.timeout(10):
            await client.loaded.wait()
        yield Edge(resolver=resolver, client=client, seen=seen)


async def changed(resolver: Resolver) -> asyncio.Event:
    event = asyncio.Event()
    resolver.watch(lambda _before, _now: event.set())
    return event


@pytest.fixture
def functions() -> InMemoryFunctions:
    return InMemoryFunctions()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.sock"


async def test_an_edge_loads_everything_when_it_comes(
    path: Path, functions: InMemoryFunctions
) -> None:
    count = LOAD_PIECE * 2 + 1
    for number in range(count):
        await functions.create(version(f"f{number}"))
    async with serving(path, functions), edge(path) as one:
        assert len(one.seen) == count
        last = f"f{count - 1}"
        assert one.resolver.find(key(last)) == version(last)


async def test_an_edge_loads_nothing_when_there_is_nothing(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server, edge(path) as one:
        await server.joined()
        assert one.seen == []


async def test_published_means_that_every_edge_knows(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server, edge(path) as one, edge(path) as two:
        await functions.create(version())
        await server.publish(key())
        assert one.resolver.find(key()) == two.resolver.find(key()) == version()
        await functions.delete(key())
        await server.publish(key())
        assert one.resolver.find(key()) is None
        assert two.resolver.find(key()) is None


async def test_an_edge_runs_the_active_version_while_another_is_configured(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server, edge(path) as one:
        await functions.create(version())
        await server.publish(key())
        active = version(revision_id="r2", state=State.ACTIVE)
        await functions.activate(active, if_revision="r1")
        await server.publish(key())
        await functions.replace(version(revision_id="r3", description="new"), if_revision="r2")
        await server.publish(key())
        assert one.resolver.find(key()) == active
        assert len(one.seen) == 2


async def test_without_an_edge_publishing_returns_at_once(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server:
        await functions.create(version())
        await server.publish(key())
        async with edge(path) as one:
            assert one.resolver.find(key()) == version()


class Held(InMemoryFunctions):
    """Lets a test stop a read after it has looked, as a slow disk might."""

    def __init__(self) -> None:
        super().__init__()
        self.looked, self.go = asyncio.Event(), asyncio.Event()

    async def everything(self) -> Sequence[StoredFunction]:
        found = await super().everything()
        self.looked.set()
        await self.go.wait()
        return found


async def test_a_change_during_the_load_is_not_lost(path: Path) -> None:
    functions = Held()
    async with serving(path, functions) as server, asyncio.TaskGroup() as group:
        resolver = Resolver()
        client = FeedClient(path=path, resolver=resolver)
        async with background(edge=client.run()):
            await functions.looked.wait()
            await functions.create(version())
            published = group.create_task(server.publish(key()))
            await asyncio.sleep(0)
            functions.go.set()
            await published
            assert resolver.find(key()) == version()


async def test_of_two_changes_the_later_stays_whichever_is_published_first(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server, edge(path) as one:
        await functions.create(version())
        await functions.delete(key())  # the delete's publish comes first, the create's after
        await server.publish(key())
        await server.publish(key())
        assert one.resolver.find(key()) is None


async def test_an_edge_comes_back_after_control_and_tells_only_changes(
    path: Path, functions: InMemoryFunctions
) -> None:
    await functions.create(version("same"))
    await functions.create(version("gone"))
    async with serving(path, functions):
        connected = edge(path)
        one = await connected.__aenter__()
    try:
        assert one.resolver.find(key("gone")) == version("gone")  # still served meanwhile
        one.seen.clear()
        await functions.delete(key("gone"))
        news = await changed(one.resolver)
        async with serving(path, functions), asyncio.timeout(10):
            await news.wait()
            assert one.seen == [key("gone")]
            assert one.resolver.find(key("same")) == version("same")
    finally:
        await connected.__aexit__(None, None, None)


async def test_that_control_is_away_is_said_once(
    path: Path, functions: InMemoryFunctions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "lambent.catalog.feed_client")
    tries = asyncio.Semaphore(0)

    async def count(_seconds: float) -> None:
        tries.release()
        await asyncio.sleep(0)

    client = FeedClient(path=path, resolver=Resolver(), sleep=count)
    async with background(edge=client.run()), asyncio.timeout(10):
        for _ in range(3):
            await tries.acquire()
        assert caplog.messages == []
        async with serving(path, functions):
            await client.loaded.wait()
        while not tries.locked():
            await tries.acquire()
        for _ in range(5):
            await tries.acquire()
    assert len(caplog.messages) == 1


async def test_publishing_does_not_wait_for_an_edge_that_has_gone(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server:
        reader, writer = await asyncio.open_unix_connection(str(path))
        await reader.readexactly(4)
        await functions.create(version())
        async with asyncio.TaskGroup() as group:
            group.create_task(server.publish(key()))
            await reader.readexactly(1)
            writer.close()
        await writer.wait_closed()


async def test_an_edge_that_never_answers_is_dropped(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions, patience_seconds=0.01) as server:
        reader, writer = await asyncio.open_unix_connection(str(path))
        await reader.readexactly(4)
        await functions.create(version())
        await server.publish(key())
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(LARGEST_BYTES)
        writer.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\1\xc1",
        framed(Acknowledged(sequence=7)),
    ],
    ids=["too large", "not a message", "never sent"],
)
async def test_an_edge_that_talks_nonsense_is_dropped(
    path: Path, functions: InMemoryFunctions, nonsense: bytes
) -> None:
    async with serving(path, functions) as server, edge(path) as one:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(nonsense)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(LARGEST_BYTES)
        writer.close()
        await functions.create(version())
        await server.publish(key())
        assert one.resolver.find(key()) == version()


async def test_only_our_own_user_may_connect(path: Path, functions: InMemoryFunctions) -> None:
    async with serving(path, functions):
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


async def test_a_socket_left_by_a_killed_control_is_replaced(
    path: Path, functions: InMemoryFunctions
) -> None:
    leftover = FeedServer(path=path, source=FeedSource(InMemoryState(functions=functions).stores))
    await leftover.__aenter__()
    async with serving(path, functions), edge(path):
        pass
    await leftover.__aexit__(None, None, None)


async def test_who_reads_a_change_is_held_back_until_the_edges_know_it(
    path: Path, functions: InMemoryFunctions
) -> None:
    order: list[str] = []
    read = asyncio.Event()

    async def reader(server: FeedServer, one: Edge) -> None:
        stored = await functions.get(key())
        assert stored is not None
        read.set()
        await server.settled(key())
        order.append(f"answered {one.resolver.find(key()) == stored.configured}")

    await functions.create(version())
    async with (
        serving(path, functions) as server,
        edge(path) as one,
        asyncio.TaskGroup() as group,
    ):
        with server.changing(key()):
            now = version(revision_id="now")
            assert await functions.activate(now, if_revision=version().revision_id)
            group.create_task(reader(server, one))
            await read.wait()
            await server.settled(key("other"))
            order.append("published")
            await server.publish(key())
    assert order == ["published", "answered True"]


async def test_a_reload_is_known_to_every_edge_when_it_returns(
    path: Path, functions: InMemoryFunctions
) -> None:
    for number in range(LOAD_PIECE + 1):
        await functions.create(version(f"f{number}"))
    async with serving(path, functions) as server, edge(path) as one, edge(path) as two:
        await functions.clear()
        await functions.create(version("new"))
        async with asyncio.timeout(10):
            await server.reload()
        for resolver in (one.resolver, two.resolver):
            assert resolver.find(key("f0")) is None
            assert resolver.find(key("new")) == version("new")
        await functions.create(version("later"))
        async with asyncio.timeout(10):
            await server.publish(key("later"))
        assert one.resolver.find(key("later")) == version("later")


async def test_a_reload_without_an_edge_returns_at_once(
    path: Path, functions: InMemoryFunctions
) -> None:
    async with serving(path, functions) as server:
        await server.reload()


async def test_edges_know_aliases_and_concurrency(path: Path, functions: InMemoryFunctions) -> None:
    stores = InMemoryState(functions=functions).stores
    await functions.create(version(), published=version(revision_id="v1"))
    await stores.reserved.put(RecordKey.of_function(key()), ReservedConcurrency(executions=5))
    source = FeedSource(stores)
    async with (
        FeedServer(path=path, source=source) as server,
        background(feed=server.run()),
        edge(path) as one,
    ):
        assert one.resolver.traffic(key()) == Traffic(key=key(), reserved=5)
        alias = Alias(
            key=AliasKey(*key()[:3], "live"), revision_id="r", function_version="1", weights={}
        )
        await stores.aliases.create(alias)
        await server.publish_traffic(key()._replace(version="1"))
        expected = Traffic(key=key(), reserved=5, aliases={"live": Route(version="1")})
        assert one.resolver.traffic(key()) == expected
        async with edge(path) as late:
            assert late.resolver.traffic(key()) == expected
            await functions.delete(key())
            await server.publish_removed(key())
            for gone in (one, late):
                assert gone.resolver.traffic(key()) is None
                assert gone.resolver.find(key()._replace(version="1")) is None


async def test_a_function_that_is_there_again_has_none_of_its_old_versions(
    path: Path, functions: InMemoryFunctions
) -> None:
    await functions.create(version(), published=version(revision_id="v1"))
    async with serving(path, functions) as server, edge(path) as one:
        await functions.delete(key())
        await functions.create(version(revision_id="again"))
        await server.publish_removed(key())
        assert one.resolver.find(key()) == version(revision_id="again")
        assert one.resolver.find(key()._replace(version="1")) is None
