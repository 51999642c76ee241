"""The control plane and Invoke as they are joined in a daemon, on a directory of the test's; only what runs functions is fake."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from lambent.catalog.activation import Activation
from lambent.catalog.code_store import CodeStore
from lambent.catalog.feed import FeedServer
from lambent.catalog.feed_client import FeedClient
from lambent.catalog.feed_source import FeedSource
from lambent.catalog.resolver import Resolver
from lambent.execution.port import Settle
from lambent.gateway.chain import ControlApplication, Handler
from lambent.gateway.invoke import InvokeApplication
from lambent.gateway.invoke_target import INVOKE_TARGET
from lambent.gateway.trace_header import TraceHeaders
from lambent.http.exchange import Headers
from lambent.identity.authenticator import Authenticator
from lambent.identity.code_links import CodeLinks
from lambent.identity.keyring import Keyring
from lambent.identity.keys import MasterKey
from lambent.kit.clock import SystemClock
from lambent.kit.ids import RandomIds
from lambent.kit.tasks import background
from lambent.model.alias import Alias, AliasKey
from lambent.model.errors import ServiceError
from lambent.model.function import FunctionKey, FunctionVersion, State, UpdateStatus
from lambent.model.invocation import Invocation, Outcome
from lambent.model.layer import LayerName, LayerVersion
from lambent.model.logs import LogLine, LogStreamKey
from lambent.model.request import Caller, RequestContext
from lambent.services.lambda_.operations import LambdaOperations
from lambent.services.logs.operations import LogsOperations
from lambent.services.sts.operations import OPERATIONS
from lambent.state.blobs import Blobs
from lambent.state.layers import ANYTHING
from lambent.state.sealed import Seal
from lambent.state.sqlite.log_reader import SqliteLogReader
from lambent.state.sqlite.log_store import SqliteLogWriter
from lambent.state.sqlite.state_database import StateDatabase
from lambent.state.sqlite.stores import sqlite_stores
from lambent.state.stores import Stores
from lambent.wire.models import Models
from lambent.wire.protocol import ProtocolName, WireRequest, WireResponse
from lambent.wire.render_error import render_error
from tests.catalog.zips import python_zip
from tests.fakes.catalog import Bucket, HostRuntimes
from tests.gateway.exchanges import MemoryExchange
from tests.services.lambda_.bench import Runtimes

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
BASE: Final = ("base-0", "base-1", "base-2", "base-3")
"""Functions that are always there, active."""
ALIAS: Final = "live"
"""An alias that each of them can be given."""
LAYER: Final = LayerName(ACCOUNT, REGION, "base-layer")
"""A layer that always has a version, with a policy of at least one statement."""
GROUP: Final = "/aws/lambda/base-0"
BUCKET: Final = "bucket"
KEY: Final = "app.zip"
STREAMS: Final = ("2024/05/01/[$LATEST]aaaa", "2024/05/01/[$LATEST]bbbb")
MODELS: Final = Models()
_MANY_TAGS: Final = 30
_VERSIONS_LOOKED_AT: Final = 20
_ANSWER_SECONDS: Final = 10.0


class _Engine:
    """Answers every invocation at once with its payload."""

    def submit(self, invocation: Invocation, settle: Settle) -> None:
        settle(
            Outcome(payload=invocation.payload, executed_version=invocation.function.key.version)
        )


class World:
    """Answers requests; `service` names the handlers of one, in which a test may plant a fault."""

    def __init__(
        self,
        *,
        control: ControlApplication,
        invoke: InvokeApplication,
        services: dict[str, dict[str, Handler]],
        stores: Stores,
        feed: FeedServer,
    ) -> None:
        self._control, self._invoke = control, invoke
        self.services, self._stores, self._feed = services, stores, feed

    async def answer(self, request: WireRequest) -> WireResponse:
        """What the front's two applications answer. Raises TimeoutError when there is no answer."""
        exchange = MemoryExchange.of(request)
        if request.method == b"POST" and INVOKE_TARGET.fullmatch(request.target):
            self._invoke.begin(exchange)
        else:
            self._control.begin(exchange)
        async with asyncio.timeout(_ANSWER_SECONDS):
            await exchange.answered.wait()
        headers = tuple((k.encode(), v.encode()) for k, v in exchange.headers.items())
        return WireResponse(status=exchange.status, headers=headers, body=exchange.body)

    async def call(self, operation: str, **members: Any) -> Mapping[str, Any]:
        """What an operation of Lambda answers, without the wire."""
        caller = Caller(
            account_id=ACCOUNT, region=REGION, arn=f"arn:aws:iam::{ACCOUNT}:root", user_id=ACCOUNT
        )
        context = RequestContext(request_id="r", caller=caller, host="localhost:4566")
        return await self.services["lambda"][operation](context, members)

    async def attempt(self, operation: str, **members: Any) -> None:
        """Do it if it can be done."""
        with suppress(ServiceError):
            await self.call(operation, **members)

    async def function(self, name: str) -> FunctionVersion | None:
        """A function that is there, once nothing is under way with it."""
        key = FunctionKey(account_id=ACCOUNT, region=REGION, name=name)
        async with asyncio.timeout(_ANSWER_SECONDS):
            while (stored := await self._stores.functions.get(key)) is not None:
                version = stored.configured
                if (
                    version.state is not State.PENDING
                    and version.update_status is not UpdateStatus.IN_PROGRESS
                ):
                    await self._feed.settled(key)
                    return version
        return None

    async def versions(self, name: str) -> tuple[str, str]:
        """Two published versions of a function, with the same role; published as far as they are not there."""
        key = FunctionKey(account_id=ACCOUNT, region=REGION, name=name)
        page = await self._stores.functions.versions(key, marker="", limit=_VERSIONS_LOOKED_AT)
        by_role: dict[str, list[str]] = {}
        for stored in page.items[1:]:
            numbers = by_role.setdefault(stored.configured.role, [])
            numbers.append(stored.configured.key.version)
            if len(numbers) == 2:
                return numbers[0], numbers[1]
        for handler in ("first.handler", "second.handler"):
            await self.call("UpdateFunctionConfiguration", FunctionName=name, Handler=handler)
            await self.function(name)
            await self.call("PublishVersion", FunctionName=name)
            await self.function(name)
        return await self.versions(name)

    async def alias(self, name: str) -> Alias:
        """The alias `ALIAS` of a function, created when it is not there; it leads to the first of its versions."""
        first, _ = await self.versions(name)
        key = AliasKey(ACCOUNT, REGION, name, ALIAS)
        while (alias := await self._stores.aliases.get(key)) is None:
            await self.call("CreateAlias", FunctionName=name, Name=ALIAS, FunctionVersion=first)
        return alias

    async def layer(self) -> LayerVersion:
        """The newest version of `LAYER`, published when there is none, and shared when it is not."""
        layers = self._stores.layers
        found = await layers.versions(LAYER, compatible=ANYTHING, marker="", limit=1)
        if not found.items:
            content = {"ZipFile": python_zip()}
            await self.call("PublishLayerVersion", LayerName=LAYER.name, Content=content)
            return await self.layer()
        (version,) = found.items
        if not version.policy:
            shared = {"StatementId": "always", "Action": "lambda:GetLayerVersion", "Principal": "*"}
            named = {"LayerName": LAYER.name, "VersionNumber": version.key.version}
            await self.call("AddLayerVersionPermission", **named, **shared)
            return await self.layer()
        return version

    async def provide(self) -> None:
        """Make what is missing of the functions that are always there, and let them be active."""
        for name in BASE:
            version = await self.function(name)
            if version is None:
                await self.call(
                    "CreateFunction",
                    FunctionName=name,
                    Runtime="python3.13",
                    Role=f"arn:aws:iam::{ACCOUNT}:role/r",
                    Handler="app.handler",
                    Code={"ZipFile": python_zip()},
                )
                version = await self.function(name)
            assert version is not None
            assert version.state is State.ACTIVE, version.state_reason
            if version.code_signing_config_arn:  # which may be an enforced one
                await self.call("DeleteFunctionCodeSigningConfig", FunctionName=name)
            if len(version.tags) > _MANY_TAGS:
                arn = version.key.unqualified_arn
                await self.call("UntagResource", Resource=arn, TagKeys=list(version.tags))


def _write_logs(path: Path) -> None:
    writer = SqliteLogWriter(path=path, clock=SystemClock())
    lines = [LogLine(1_714_566_896_789 + n, f"line {n} ERROR\n".encode()) for n in range(20)]
    writer.append([(LogStreamKey(ACCOUNT, REGION, GROUP, stream), lines) for stream in STREAMS])
    writer.close()


def _rendered(error: ServiceError, request_id: str) -> tuple[int, Headers, bytes]:
    response = render_error(error, protocol=ProtocolName.REST_JSON, request_id=request_id)
    return response.status, response.headers, response.body


@asynccontextmanager
async def world(directory: Path) -> AsyncIterator[World]:
    """Everything, built in the order in which control and the edge build it."""
    clock, ids, master = SystemClock(), RandomIds(), MasterKey(secret=bytes(32))
    bucket = Bucket()
    bucket.objects[BUCKET, KEY] = python_zip()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        database = await enter(StateDatabase(path=directory / "state.db"))
        stores = sqlite_stores(database)
        functions = stores.functions
        store = await enter(
            CodeStore(blobs=Blobs(directory / "b", seal=Seal(key=bytes(32))), trees=directory / "t")
        )
        feed = await enter(FeedServer(path=directory / "feed.sock", source=FeedSource(stores)))
        activation = Activation(
            functions=functions,
            unpacker=store,
            runtimes=HostRuntimes(),
            publisher=feed,
            host_architecture="x86_64",
            ids=ids,
        )
        lambda_ = LambdaOperations(
            stores=stores,
            packages=store,
            source=bucket,
            links=CodeLinks(master=master, clock=clock),
            publisher=feed,
            standings=feed,
            activation=activation,
            runtimes=Runtimes(),
            host_architecture="x86_64",
            clock=clock,
            ids=ids,
        )
        readers = stack.enter_context(ThreadPoolExecutor(max_workers=1))
        _write_logs(directory / "logs.db")
        logs = LogsOperations(reader=SqliteLogReader(path=directory / "logs.db"), pool=readers)
        services: dict[str, dict[str, Handler]] = {
            "lambda": dict(lambda_.handlers()),
            "logs": dict(logs.handlers()),
            "sts": dict(OPERATIONS),
        }
        identity = Authenticator(keyring=Keyring(master=master), default_region=REGION, clock=clock)
        resolver = Resolver()
        edge = FeedClient(path=directory / "feed.sock", resolver=resolver)
        async with background(feed=feed.run(), activation=activation.run(), edge=edge.run()):
            await edge.loaded.wait()
            async with asyncio.TaskGroup() as tasks:
                made = World(
                    control=ControlApplication(
                        authenticator=identity,
                        services=services,
                        models=MODELS,
                        ids=ids,
                        clock=clock,
                        tasks=tasks,
                    ),
                    invoke=InvokeApplication(
                        invoker=_Engine(),
                        functions=resolver,
                        identity=identity,
                        render_error=_rendered,
                        trace_headers=TraceHeaders(clock=clock, ids=ids),
                        ids=ids,
                    ),
                    services=services,
                    stores=stores,
                    feed=feed,
                )
                await made.provide()
                yield made
