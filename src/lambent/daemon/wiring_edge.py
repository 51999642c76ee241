"""Builds the edge: the public port, Invoke, the execution environments, log capture."""

import asyncio
import logging
import os
import resource
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Final

from lambent.catalog.feed_client import FeedClient
from lambent.catalog.resolver import Resolver
from lambent.daemon.edge_runtimes import EdgeRuntimes
from lambent.daemon.host_memory import HostMemory
from lambent.daemon.instance import spawner_dir
from lambent.daemon.program import Inheritance
from lambent.daemon.wiring_common import authenticator, issued_keys, runtime_catalogue, turning
from lambent.execution.admission import Admission, HostRoom
from lambent.execution.cells import Cells
from lambent.execution.chores import Chores
from lambent.execution.invoker import Invoker
from lambent.execution.maker import Maker
from lambent.execution.pace import Pace
from lambent.execution.pool import Host
from lambent.execution.pools import Pools
from lambent.execution.port import Closeable, Inside, InstalledRuntime
from lambent.execution.provisioning import Provisioning
from lambent.execution.start_line import StartLine
from lambent.execution.surroundings import Surroundings
from lambent.gateway.front import SERVICE_EXCEPTION, FrontApplication
from lambent.gateway.health import HealthFacts, HealthPage
from lambent.gateway.held import HeldApplication
from lambent.gateway.invoke import InvokeApplication
from lambent.gateway.origins import OriginPolicy
from lambent.gateway.relay import RelayApplication
from lambent.gateway.reset import ResetApplication
from lambent.gateway.trace_header import TraceHeaders
from lambent.http.client import UnixClient
from lambent.http.exchange import Application, Headers
from lambent.http.server import HttpServer, Listening
from lambent.kit.backoff import Backoff
from lambent.kit.clock import SystemClock
from lambent.kit.ids import RandomIds
from lambent.kit.tasks import background
from lambent.kit.version import VERSION
from lambent.kit.wheel import TimerWheel
from lambent.model.errors import ServiceError
from lambent.model.function import FunctionVersion
from lambent.model.logs import LogStreamKey
from lambent.runtime_api.custom import CustomRuntimeChannel
from lambent.runtime_api.framed import FramedChannel
from lambent.runtime_api.port import RuntimeChannel, RuntimeListener
from lambent.runtime_api.relocated import RelocatedChannel
from lambent.runtimes.variables import function_variables
from lambent.sandbox.client import SpawnerClient
from lambent.sandbox.drivers import DRIVERS
from lambent.sandbox.places import mover
from lambent.sandbox.port import Sandbox, Sandboxes
from lambent.state.sqlite.log_store import SqliteLogWriter
from lambent.telemetry.capture import OutputCapture
from lambent.telemetry.streams import StreamNames
from lambent.telemetry.writer import LogWriterThread
from lambent.wire.protocol import ProtocolName
from lambent.wire.render_error import render_error

_CONNECTIONS_INSIDE: Final = 512
"""Of one environment to one of its two ports: more would be the edge's descriptors, and others' places."""
_TICK_SECONDS: Final = 0.01
_AWAKE_A_CPU: Final = 2
"""Runtimes that work on short invocations at once."""
_DESCRIPTORS_AN_ENVIRONMENT: Final = 16
_DESCRIPTORS_KEPT: Final = 4_096
"""For clients, databases and whatever else is not an environment; half of them all where they are few."""
_RESERVE_SHARE: Final = 16
"""One part in so many of the host's memory is never given to new environments."""
_CELLS: Final = 2
"""Stem cells of each runtime that is in use, at least."""
_CELLS_A_CORE: Final = 8
"""No more stem cells of a runtime: what comes at once beyond that keeps the cores busy anyway."""
_PROVISIONING_BACKOFF: Final = Backoff(first_seconds=0.1, longest_seconds=30.0)
"""Between attempts to start a provisioned environment of a function that fails."""
_CREDENTIALS_SECONDS: Final = 12 * 3600
"""Longer than an environment lives (`Host.longest_life_seconds`) by more than an invocation may take."""

_log = logging.getLogger(__name__)


async def serve(inheritance: Inheritance, stop: asyncio.Event) -> None:
    """Be the edge until `stop`: refuse what is new, let invocations end, end the environments, write the last logs."""
    async with AsyncExitStack() as stack:
        await _Edge(inheritance, stack).serve(stop)


class _Edge:
    def __init__(self, inheritance: Inheritance, stack: AsyncExitStack) -> None:
        self._inheritance, self._settings = inheritance, inheritance.settings
        self._stack, self._run, self._own = stack, inheritance.run_dir, inheritance.own_dir
        self._driver = DRIVERS[inheritance.isolation]
        self._clock, self._ids = SystemClock(), RandomIds()
        self._wheel = TimerWheel(clock=self._clock, tick_seconds=_TICK_SECONDS)
        self._resolver = Resolver()
        self._runtimes = EdgeRuntimes(
            runtime_catalogue(
                self._settings.data_dir,
                places=inheritance.interpreters,
                answers_dir=self._own / "answers",
            )
        )
        self._keys = issued_keys(inheritance)
        self._host_room = self._room()
        self._admission = Admission(limit=self._settings.concurrent_executions)

    async def serve(self, stop: asyncio.Event) -> None:
        feed = FeedClient(path=self._own / "feed.sock", resolver=self._resolver)
        turn = turning(self._wheel, tick_seconds=_TICK_SECONDS)
        async with background(wheel=turn, feed=feed.run()):
            invoker = await self._invoker()
            invocations = HeldApplication(inner=self._invocations(invoker))
            self._public = await self._front(invocations, invoker)
            self._server = HttpServer(
                application=self._public,
                clock=self._clock,
                wheel=self._wheel,
                failure=SERVICE_EXCEPTION,
            )
            for descriptor in self._inheritance.listeners:
                await self._server.listen(socket.socket(fileno=descriptor))
            await feed.loaded.wait()  # ended by control, which the supervisor keeps alive
            self._resolver.watch(partial(_changed, invoker))
            self._resolver.watch_traffic(self._admission.guide)
            self._resolver.watch_traffic(self._provisioning.guide)
            self._provisioning.watch(feed.report)
            invoker.open()
            invocations.open()
            async with background(runtimes=self._runtimes.keep_looking(self._keep)):
                await stop.wait()
                await self._stop(invoker)

    def _keep(self, identifier: str) -> None:
        if self._settings.cells != 0:
            self._cells.keep(identifier)

    async def _stop(self, invoker: Invoker) -> None:
        await invoker.drain(within_seconds=self._settings.drain_seconds)
        await self._server.drain(1.0)
        invoker.close()

    def _invocations(self, invoker: Invoker) -> Application:
        return InvokeApplication(
            invoker=invoker,
            functions=self._resolver,
            identity=authenticator(self._inheritance, self._clock),
            render_error=_rendered,
            trace_headers=TraceHeaders(clock=self._clock, ids=self._ids),
            ids=self._ids,
        )

    async def _front(self, invocations: Application, invoker: Invoker) -> Application:
        control = await self._stack.enter_async_context(
            UnixClient(path=self._own / "control.sock", clock=self._clock, wheel=self._wheel)
        )
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        return FrontApplication(
            origins=OriginPolicy(
                allowed_origins=self._settings.allowed_origins,
                allowed_hosts=self._settings.allowed_hosts,
            ),
            health=HealthPage(status_file=self._run / "status.json", facts=self._facts),
            invoke=invocations,
            relay=RelayApplication(upstream=control, ids=self._ids),
            reset=ResetApplication(
                allowed=self._settings.allow_reset,
                control=control,
                environments=invoker,
                logs=self._sink,
                tasks=tasks,
            ),
        )

    async def _invoker(self) -> Invoker:
        room, cores = self._host_room, len(os.sched_getaffinity(0))
        most = self._settings.cells
        line = StartLine(room=room)
        around = await self._surroundings()
        maker = Maker(around=around)
        self._cells = Cells(
            maker=maker,
            runtimes=self._runtimes,
            room=room,
            line=line,
            clock=self._clock,
            wheel=self._wheel,
            per_runtime=_CELLS if most is None else min(_CELLS, most),
            most_per_runtime=_CELLS_A_CORE * cores if most is None else most,
            at_once=max(1, cores // 2),
        )
        host = Host(
            maker=maker,
            room=room,
            line=line,
            cells=self._cells,
            pace=Pace(
                clock=self._clock,
                wheel=self._wheel,
                at_once=_AWAKE_A_CPU * len(os.sched_getaffinity(0)),
            ),
            clock=self._clock,
            wheel=self._wheel,
        )
        self._provisioning = self._provisioned(around, host)
        self._pools = Pools(
            functions=self._resolver,
            runtimes=self._runtimes,
            admission=self._admission,
            provisioning=self._provisioning,
            host=host,
            idle_seconds=self._settings.idle_seconds,
        )
        return Invoker(admission=self._admission, pools=self._pools)

    def _provisioned(self, around: Surroundings, host: Host) -> Provisioning:
        """What keeps provisioned environments on `host`."""
        variables = partial(self._variables, initialization_type="provisioned-concurrency")
        maker = Maker(around=replace(around, variables=variables, provisioned=True))
        return Provisioning(
            functions=self._resolver,
            runtimes=self._runtimes,
            admission=self._admission,
            host=replace(host, maker=maker, backoff=_PROVISIONING_BACKOFF),
        )

    async def _surroundings(self) -> Surroundings:
        enter = self._stack.enter_async_context
        logs = self._settings.data_dir / "logs.db"
        self._sink = await enter(
            LogWriterThread(
                open_store=lambda: SqliteLogWriter(
                    path=logs, clock=self._clock, cap_bytes=self._settings.log_max_bytes
                ),
                clock=self._clock,
            )
        )
        self._sandboxes: Sandboxes = await enter(
            SpawnerClient(
                path=spawner_dir(self._run, self._driver.name) / "spawner.sock",
                isolated=self._driver.isolated,
            )
        )
        chores = await enter(Chores())
        return Surroundings(
            sandboxes=self._sandboxes,
            channels=_channel,
            captures=self._capture,
            variables=self._variables,
            serve=self._serve_inside,
            streams=StreamNames(clock=self._clock, ids=self._ids),
            trees_dir=self._settings.data_dir / "trees",
            clock=self._clock,
            ids=self._ids,
            wheel=self._wheel,
            chores=chores,
        )

    def _room(self) -> HostRoom:
        memory = HostMemory(clock=self._clock)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return HostRoom(
            available_memory_bytes=memory.available_bytes,
            max_environments=(files - min(_DESCRIPTORS_KEPT, files // 2))
            // _DESCRIPTORS_AN_ENVIRONMENT,
            reserve_bytes=memory.total_bytes() // _RESERVE_SHARE,
            stalls=memory.stalls,
        )

    def _capture(self, *, output: int, key: LogStreamKey) -> OutputCapture:
        return OutputCapture(
            fd=output,
            key=key,
            sink=self._sink,
            clock=self._clock,
            wheel=self._wheel,
            loop=asyncio.get_running_loop(),
        )

    def _variables(
        self, function: FunctionVersion, *, log_stream: str, initialization_type: str = "on-demand"
    ) -> Mapping[str, str]:
        runtime = self._runtimes.find(function.runtime)
        if runtime is None:
            raise LookupError(f"{function.runtime} went away")
        key = function.key
        credentials = self._keys.role_credentials(
            role_arn=function.role,
            session_name=key.name,
            account_id=key.account_id,
            region=key.region,
            expires_at_ms=self._clock.epoch_ms() + _CREDENTIALS_SECONDS * 1_000,
        )
        return function_variables(
            function,
            runtime=runtime.installed,
            log_stream=log_stream,
            initialization_type=initialization_type,
            credentials={
                "AWS_ACCESS_KEY_ID": credentials.access_key_id,
                "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
                "AWS_SESSION_TOKEN": credentials.session_token,
            },
        )

    async def _serve_inside(
        self, sock: socket.socket, inside: Inside, channel: RuntimeChannel
    ) -> Closeable:
        application = self._public if inside is Inside.ENDPOINT else channel.runtime_api
        return _Dropped(
            await self._server.listen(
                sock, application=application, connections=_CONNECTIONS_INSIDE
            )
        )

    def _facts(self) -> HealthFacts:
        return HealthFacts(
            version=VERSION,
            isolation=self._driver.shown,
            isolated=self._sandboxes.isolated,
            endpoint=f"http://127.0.0.1:{self._inheritance.port}",
            environments=self._host_room.live,
            frozen=self._pools.frozen,
            cells=self._cells.waiting_by_runtime,
            cells_lost=self._cells.lost,
            invocations=self._admission.running,
            runtimes=self._runtimes.identifiers,
        )


class _Dropped:
    """A listener inside a sandbox: closing it drops its connections, for they are of a sandbox that is no more."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    def close(self) -> None:
        self._listening.abort()


def _channel(
    runtime: InstalledRuntime, sandbox: Sandbox, listener: RuntimeListener
) -> RuntimeChannel:
    if runtime.late:
        inner: RuntimeChannel = CustomRuntimeChannel(
            requests=sandbox.requests,
            responses=sandbox.responses,
            listener=listener,
            memory=sandbox.peak_memory_bytes,
            loop=asyncio.get_running_loop(),
        )
    else:
        inner = FramedChannel(
            requests=sandbox.requests,
            responses=sandbox.responses,
            listener=listener,
            loop=asyncio.get_running_loop(),
        )
    places = sandbox.places
    if not places:
        return inner
    return RelocatedChannel(inner, move=mover(places), more={"TMPDIR": places["/tmp"]})  # noqa: S108  the inside's


def _rendered(error: ServiceError, request_id: str) -> tuple[int, Headers, bytes]:
    response = render_error(error, protocol=ProtocolName.REST_JSON, request_id=request_id)
    return response.status, response.headers, response.body


def _changed(invoker: Invoker, old: FunctionVersion | None, new: FunctionVersion | None) -> None:
    version = new or old
    if version is not None:
        invoker.function_changed(version.key)
