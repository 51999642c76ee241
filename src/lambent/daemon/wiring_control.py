"""Builds control: every API but Invoke, the durable functions, their activation and the feed to the edge."""

import asyncio
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambent.catalog.activation import Activation
from lambent.catalog.code_source import CodeSource, NoCodeSource
from lambent.catalog.code_store import CodeStore
from lambent.catalog.feed import FeedServer
from lambent.catalog.feed_source import FeedSource
from lambent.catalog.in_use import InUse
from lambent.daemon.config import aws_access_key, environment_at
from lambent.daemon.control_pages import ControlPages
from lambent.daemon.control_reset import ControlReset
from lambent.daemon.control_runtimes import HostRuntimes
from lambent.daemon.control_sdks import NoSdks, Sdks
from lambent.daemon.data_key import derived, of_descriptor
from lambent.daemon.instance import fetchers_home
from lambent.daemon.ports import listen_on_path
from lambent.daemon.program import Inheritance
from lambent.daemon.wiring_common import (
    authenticator,
    host_architecture,
    master_key,
    runtime_catalogue,
    turning,
)
from lambent.gateway.code_download import CodeDownloads
from lambent.gateway.quiet import Quiet
from lambent.http.exchange import Application
from lambent.http.server import HttpServer
from lambent.identity.code_links import CodeLinks
from lambent.kit.clock import SystemClock
from lambent.kit.ids import RandomIds
from lambent.kit.tasks import background
from lambent.kit.wheel import TimerWheel
from lambent.runtimes.sdks import SdkStore
from lambent.services.lambda_.operations import LambdaOperations
from lambent.services.logs.operations import LogsOperations
from lambent.services.sts.operations import OPERATIONS
from lambent.state.blobs import Blobs
from lambent.state.sealed import Seal
from lambent.state.sqlite.log_reader import SqliteLogReader
from lambent.state.sqlite.state_database import StateDatabase
from lambent.state.sqlite.stores import sqlite_stores
from lambent.state.stores import Stores

if TYPE_CHECKING:  # they load botocore
    from lambent.daemon.control_api import ControlApi
    from lambent.gateway.chain import Handlers

_JOIN_SECONDS: Final = 1.0
"""How long a control that came up anew waits for the edge that outlived it."""
_DRAIN_SECONDS: Final = 5.0
_TICK_SECONDS: Final = 0.1

_log = logging.getLogger(__name__)


async def serve(inheritance: Inheritance, stop: asyncio.Event) -> None:
    """Be control until `stop`: answer what is under way, then close the databases."""
    async with AsyncExitStack() as stack:
        await _Control(inheritance, stack).serve(stop)


class _Control:
    def __init__(self, inheritance: Inheritance, stack: AsyncExitStack) -> None:
        self._inheritance, self._stack = inheritance, stack
        self._data, self._own = inheritance.settings.data_dir, inheritance.own_dir
        self._clock, self._ids = SystemClock(), RandomIds()
        self._links = CodeLinks(master=master_key(inheritance), clock=self._clock)
        self._wheel = TimerWheel(clock=self._clock, tick_seconds=_TICK_SECONDS)

    async def serve(self, stop: asyncio.Event) -> None:
        enter = self._stack.enter_async_context
        database = await enter(StateDatabase(path=self._data / "state.db"))
        stores = sqlite_stores(database)
        functions = stores.functions
        in_use = InUse(functions=functions, layers=stores.layers)
        store = await enter(
            CodeStore(
                blobs=Blobs(self._data / "blobs", seal=_package_seal(self._inheritance)),
                trees=self._data / "trees",
            )
        )
        await self._collect(store, await in_use.names())
        feed = await enter(FeedServer(path=self._own / "feed.sock", source=FeedSource(stores)))
        sdks = self._sdks()
        runtimes = self._runtimes(sdks)
        activation = Activation(
            functions=functions,
            unpacker=store,
            runtimes=runtimes,
            publisher=feed,
            host_architecture=host_architecture(),
            ids=self._ids,
        )
        operations = await self._operations(stores, store, feed, activation, runtimes)
        async with background(
            feed=feed.run(),
            activation=activation.run(),
            sdks=sdks.run(),
            wheel=turning(self._wheel, tick_seconds=_TICK_SECONDS),
        ):
            api = asyncio.get_running_loop().run_in_executor(None, _load_api)
            # An edge that outlived the last control must not miss a write of this one.
            with suppress(TimeoutError):
                async with asyncio.timeout(_JOIN_SECONDS):
                    await feed.joined()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(activation.resume(), name="resume activations")
                tasks.create_task(store.seal_plain(), name="seal packages")
                quiet = Quiet()
                reset = ControlReset(
                    functions=functions,
                    in_use=in_use,
                    feed=feed,
                    packages=store,
                    quiet=quiet,
                    tasks=tasks,
                )
                services = self._services(operations.handlers())
                pages = self._pages(
                    await api,
                    services=services,
                    store=store,
                    reset=reset,
                    quiet=quiet,
                    tasks=tasks,
                )
                await self._answer(pages, stop)

    async def _operations(
        self,
        stores: Stores,
        store: CodeStore,
        feed: FeedServer,
        activation: Activation,
        runtimes: HostRuntimes,
    ) -> LambdaOperations:
        return LambdaOperations(
            stores=stores,
            packages=store,
            source=await self._code_source(),
            links=self._links,
            publisher=feed,
            standings=feed,
            activation=activation,
            runtimes=runtimes,
            host_architecture=host_architecture(),
            clock=self._clock,
            ids=self._ids,
            concurrent_executions=self._inheritance.settings.concurrent_executions,
        )

    async def _code_source(self) -> CodeSource:
        endpoint = self._inheritance.settings.code_s3_endpoint
        if not endpoint:
            return NoCodeSource()
        from lambent.aws_client.s3 import AccessKey, S3Packages

        key = aws_access_key()
        packages = S3Packages(
            endpoint=endpoint,
            access_key=key
            and AccessKey(access_key_id=key[0], secret_access_key=key[1], session_token=key[2]),
            spool_dir=self._data / "trees",
            clock=self._clock,
        )
        return await self._stack.enter_async_context(packages)

    def _runtimes(self, sdks: Sdks | NoSdks) -> HostRuntimes:
        catalogue = runtime_catalogue(
            self._data,
            places=self._inheritance.interpreters,
            answers_dir=self._own / "answers",
        )
        return HostRuntimes(
            catalogue,
            sdks,
            clock=self._clock,
            enforce_deprecation=self._inheritance.settings.runtimes_deprecation == "enforce",
        )

    def _sdks(self) -> Sdks | NoSdks:
        if not self._inheritance.settings.runtimes_sdk:
            return NoSdks()
        run = self._inheritance.run_dir
        # RUN is root's, or that of an ordinary user whose own home has its settings for npm and pip.
        home = Path.home() if run.stat().st_uid == os.geteuid() else fetchers_home(run)
        store = SdkStore(
            sdk_dir=self._data / "sdk",
            search_path=self._inheritance.interpreters.search_path,
            environ=environment_at(home),
        )
        return Sdks(store=store, clock=self._clock)

    async def _collect(self, store: CodeStore, in_use: frozenset[str]) -> None:
        """Remove what no function refers to, once a daemon: later on an environment may still run an older package."""
        marker = self._own / "collected"
        if not marker.exists():
            await store.collect(in_use)
            marker.touch()

    def _services(self, lambda_: "Handlers") -> "Mapping[str, Handlers]":
        readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="log reader")
        self._stack.callback(readers.shutdown, wait=False, cancel_futures=True)
        logs = LogsOperations(reader=SqliteLogReader(path=self._data / "logs.db"), pool=readers)
        return {"lambda": lambda_, "logs": logs.handlers(), "sts": OPERATIONS}

    def _pages(
        self,
        api: "ControlApi",
        *,
        services: "Mapping[str, Handlers]",
        store: CodeStore,
        reset: ControlReset,
        quiet: Quiet,
        tasks: asyncio.TaskGroup,
    ) -> Application:
        chain = api.chain(
            authenticator=authenticator(self._inheritance, self._clock),
            services=services,
            ids=self._ids,
            clock=self._clock,
            tasks=tasks,
            quiet=quiet,
        )
        return ControlPages(
            chain=chain,
            code=CodeDownloads(links=self._links, packages=store, ids=self._ids, tasks=tasks),
            reset=reset,
            operations=lambda: api.operations(services),
        )

    async def _answer(self, pages: Application, stop: asyncio.Event) -> None:
        server = HttpServer(application=pages, clock=self._clock, wheel=self._wheel)
        with listen_on_path(self._own / "control.sock") as listener:
            await server.listen(listener)
            await stop.wait()
            await server.drain(_DRAIN_SECONDS)


def _load_api() -> "ControlApi":
    from lambent.daemon.control_api import ControlApi

    return ControlApi()


def _package_seal(inheritance: Inheritance) -> Seal:
    """What packages are sealed with."""
    key = of_descriptor(inheritance.data_key)
    return Seal(key=derived(key, b"packages", size=32))
