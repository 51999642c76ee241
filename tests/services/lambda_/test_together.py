"""The control plane's rooms joined as control joins them: what a client does, and what the edge then knows."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lambent.catalog.activation import Activation, Gate, OpenGate
from lambent.catalog.code_store import CodeStore
from lambent.catalog.feed import FeedServer
from lambent.catalog.feed_client import FeedClient
from lambent.catalog.feed_source import FeedSource
from lambent.catalog.resolver import Resolver
from lambent.identity.code_links import CodeLinks
from lambent.identity.keys import MasterKey
from lambent.kit.clock import SystemClock
from lambent.kit.ids import RandomIds
from lambent.kit.tasks import background
from lambent.model.errors import FunctionNotFound
from lambent.model.function import State
from lambent.services.lambda_.handlers import Handler
from lambent.services.lambda_.operations import LambdaOperations
from lambent.state.blobs import Blobs
from lambent.state.functions import Functions
from lambent.state.sealed import Seal
from lambent.state.sqlite.state_database import StateDatabase
from lambent.state.sqlite.stores import sqlite_stores
from tests.catalog.zips import python_zip
from tests.fakes.catalog import HeldGate, HostRuntimes
from tests.fakes.versions import key
from tests.services.lambda_.bench import Runtimes, context

NEW = {
    "FunctionName": "fn",
    "Runtime": "python3.13",
    "Role": "arn:aws:iam::123456789012:role/r",
    "Handler": "app.handler",
    "Code": {"ZipFile": python_zip()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    handlers: dict[str, Handler]
    functions: Functions
    store: CodeStore

    async def call(self, operation: str, **members: Any) -> dict[str, Any]:
        return await self.handlers[operation](context(), members)


@asynccontextmanager
async def control(directory: Path, gate: Gate) -> AsyncIterator[Control]:
    """Control, in the order in which it must be built."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(StateDatabase(path=directory / "state.db"))
        stores = sqlite_stores(database)
        functions = stores.functions
        store = await stack.enter_async_context(
            CodeStore(
                blobs=Blobs(directory / "blobs", seal=Seal(key=bytes(32))),
                trees=directory / "trees",
            )
        )
        await store.collect(await functions.packages_in_use())
        feed = await stack.enter_async_context(
            FeedServer(path=directory / "feed.sock", source=FeedSource(stores))
        )
        activation = Activation(
            functions=functions,
            unpacker=store,
            runtimes=HostRuntimes(),
            publisher=feed,
            host_architecture="x86_64",
            ids=RandomIds(),
            gate=gate,
        )
        await activation.resume()
        operations = LambdaOperations(
            stores=stores,
            packages=store,
            links=CodeLinks(master=MasterKey(secret=bytes(32)), clock=SystemClock()),
            publisher=feed,
            standings=feed,
            activation=activation,
            runtimes=Runtimes(),
            host_architecture="x86_64",
            clock=SystemClock(),
            ids=RandomIds(),
        )
        async with background(feed=feed.run(), activation=activation.run()):
            yield Control(handlers=dict(operations.handlers()), functions=functions, store=store)


@asynccontextmanager
async def edge(directory: Path) -> AsyncIterator[Resolver]:
    resolver = Resolver()
    client = FeedClient(path=directory / "feed.sock", resolver=resolver)
    async with background(client=client.run()):
        await client.loaded.wait()
        yield resolver


async def settled(control: Control) -> dict[str, Any]:
    """The configuration once no activation is under way; asked again and again as a waiter does."""
    while True:
        shown = await control.call("GetFunctionConfiguration", FunctionName="fn")
        if shown["State"] != "Pending" and shown["LastUpdateStatus"] != "InProgress":
            return shown


async def test_a_function_lives_from_create_to_delete(tmp_path: Path) -> None:
    gate = HeldGate()
    async with control(tmp_path, gate) as one, edge(tmp_path) as seen:
        created = await one.call("CreateFunction", **NEW)
        assert created["State"] == "Pending"
        found = seen.find(key())
        assert found is not None
        assert found.state is State.PENDING
        gate.open.set()
        active = await settled(one)
        assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful")
        assert active["RevisionId"] != created["RevisionId"]
        assert (one.store.tree(found.package_sha256) / "app.py").exists()

        gate.open.clear()
        await one.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
        running = seen.find(key())
        assert running is not None
        assert running.timeout_seconds == 3
        gate.open.set()
        assert (await settled(one))["Timeout"] == 9

        await one.call("DeleteFunction", FunctionName="fn")
        assert seen.find(key()) is None
        with pytest.raises(FunctionNotFound):
            await one.call("GetFunction", FunctionName="fn")


async def test_what_was_pending_when_control_ended_becomes_active_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with control(tmp_path, HeldGate()) as one:
        await one.call("CreateFunction", **NEW)
    async with control(tmp_path, OpenGate()) as one:
        assert (await settled(one))["State"] == "Active"
        async with edge(tmp_path) as seen:
            found = seen.find(key())
            assert found is not None
            assert found.state is State.ACTIVE


async def test_packages_of_deleted_functions_are_collected_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with control(tmp_path, OpenGate()) as one:
        await one.call("CreateFunction", **NEW)
        await settled(one)
        await one.call("DeleteFunction", FunctionName="fn")
    async with control(tmp_path, OpenGate()):
        assert list((tmp_path / "blobs").iterdir()) == list((tmp_path / "trees").iterdir()) == []


async def test_a_tree_that_was_lost_is_back_before_the_edge_needs_it(tmp_path: Path) -> None:
    async with control(tmp_path, OpenGate()) as one:
        await one.call("CreateFunction", **NEW)
        await settled(one)
    (tree,) = (tmp_path / "trees").iterdir()
    tree.rename(tmp_path / "elsewhere")
    async with control(tmp_path, OpenGate()):
        assert (tree / "app.py").exists()
