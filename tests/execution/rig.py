"""A whole `execution` on fakes, with a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from lambent.execution.admission import Admission, HostRoom
from lambent.execution.cells import Cells
from lambent.execution.chores import Chores
from lambent.execution.invoker import Invoker
from lambent.execution.maker import Maker
from lambent.execution.pace import Pace
from lambent.execution.pool import Host
from lambent.execution.pools import Pools
from lambent.execution.port import InstalledRuntime
from lambent.execution.provisioning import Provisioning
from lambent.execution.start_line import StartLine
from lambent.execution.surroundings import Surroundings
from lambent.kit.backoff import Backoff
from lambent.kit.wheel import TimerWheel
from lambent.model.errors import ServiceError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation, Outcome
from lambent.model.logs import LogStreamKey
from lambent.runtime_api.port import RuntimeListener
from lambent.sandbox.port import Sandbox
from lambent.telemetry.streams import StreamNames
from tests.fakes.clock import ManualClock
from tests.fakes.environments import (
    CountingIds,
    FakeCapture,
    FakeChannel,
    FakeFunctions,
    FakeRuntimes,
    FakeSandboxes,
    active_function,
    serve,
)

GIB = 1_073_741_824
NOON_MS = 1_764_072_000_000
"""2025-11-25T12:00:00Z"""


def variables(function: FunctionVersion, *, log_stream: str) -> Mapping[str, str]:
    """What the function sees."""
    return {"NAME": function.key.name, "STREAM": log_stream}


def ready_variables(function: FunctionVersion, *, log_stream: str) -> Mapping[str, str]:
    """What it sees in a provisioned environment."""
    return {**variables(function, log_stream=log_stream), "READY": "yes"}


@dataclass(kw_only=True)
class Rig:
    """What a test holds in its hands."""

    invoker: Invoker
    admission: Admission
    room: HostRoom
    pools: Pools
    provisioning: Provisioning
    cells: Cells
    line: StartLine
    clock: ManualClock
    wheel: TimerWheel
    sandboxes: FakeSandboxes
    functions: FakeFunctions
    channels: list[FakeChannel]
    captures: list[FakeCapture]
    memory: list[int]
    results: dict[str, list[Outcome | ServiceError]] = field(default_factory=dict)
    _requests: int = 0

    async def turn(self) -> None:
        """Let everything happen that waits for nothing but the loop."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def passes(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass, in steps."""
        while seconds > 0:
            self.clock.advance(min(step, seconds))
            seconds -= step
            self.wheel.advance()
            await self.turn()

    def submit(self, function: FunctionVersion | None = None, *, wants_tail: bool = False) -> str:
        """Submit an invocation; its id."""
        self._requests += 1
        request_id = f"id-{self._requests}"
        function = function or active_function()
        invocation = Invocation(
            request_id=request_id,
            function=function,
            invoked_arn=function.key.unqualified_arn,
            payload=b"{}",
            trace_id="Root=1-0-0",
            wants_tail=wants_tail,
        )
        self.results[request_id] = []
        self.invoker.submit(invocation, self.results[request_id].append)
        return request_id

    async def boot(self, channel: FakeChannel) -> None:
        """Its interpreter comes up."""
        channel.listener.runtime_waiting()
        await self.turn()

    async def initialise(self, channel: FakeChannel, *, seconds: float = 0.1) -> None:
        """Boot it and load the handler."""
        if not channel.starts:
            await self.boot(channel)
        self.clock.advance(seconds)
        channel.listener.init_finished(peak_memory_bytes=30 * 1_048_576)
        await self.turn()

    def answer(self, channel: FakeChannel, body: bytes = b'"ok"') -> None:
        """It answers what it was asked last."""
        channel.listener.responded(
            channel.invokes[-1].request_id, body, peak_memory_bytes=36 * 1_048_576
        )

    async def warm(self, function: FunctionVersion | None = None) -> FakeChannel:
        """An environment that has answered once and is idle."""
        self.submit(function)
        await self.turn()
        channel = self.channels[-1]
        await self.initialise(channel)
        self.answer(channel)
        await self.turn()
        return channel

    def outcome(self, request_id: str) -> Outcome:
        """The one outcome of an invocation."""
        (result,) = self.results[request_id]
        assert isinstance(result, Outcome), result
        return result

    def error(self, request_id: str) -> ServiceError:
        """The one error of an invocation."""
        (result,) = self.results[request_id]
        assert isinstance(result, ServiceError), result
        return result


@asynccontextmanager
async def rig(
    *,
    kept: tuple[str, ...] = (),
    per_runtime: int = 0,
    limit: int = 1000,
    max_environments: int = 100,
    at_once: int = 8,
    begin_at_once: int = 100,
    idle_seconds: float = 600.0,
) -> AsyncIterator[Rig]:
    """An open invoker on fakes; everything is ended behind it, and must then be gone."""
    clock, sandboxes, functions = (
        ManualClock(epoch_ms=NOON_MS),
        FakeSandboxes(),
        FakeFunctions(active_function()),
    )
    wheel, memory = TimerWheel(clock=clock), [16 * GIB]
    channels: list[FakeChannel] = []
    captures: list[FakeCapture] = []

    def channel(
        runtime: InstalledRuntime, sandbox: Sandbox, listener: RuntimeListener
    ) -> FakeChannel:
        del runtime
        channels.append(FakeChannel(sandbox, listener))
        return channels[-1]

    def capture(*, output: int, key: LogStreamKey) -> FakeCapture:
        captures.append(FakeCapture(output=output, key=key))
        return captures[-1]

    async with Chores() as chores:
        around = Surroundings(
            sandboxes=sandboxes,
            channels=channel,
            captures=capture,
            variables=variables,
            serve=serve,
            streams=StreamNames(clock=clock, ids=CountingIds()),
            trees_dir=Path("/trees"),
            clock=clock,
            ids=CountingIds(),
            wheel=wheel,
            chores=chores,
        )
        admission, runtimes, maker = Admission(limit=limit), FakeRuntimes(), Maker(around=around)
        room = HostRoom(
            available_memory_bytes=lambda: memory[0],
            max_environments=max_environments,
            reserve_bytes=GIB,
        )
        line = StartLine(room=room, at_once=at_once)
        cells = Cells(
            maker=maker,
            runtimes=runtimes,
            room=room,
            line=line,
            clock=clock,
            wheel=wheel,
            kept=kept,
            per_runtime=per_runtime,
            most_per_runtime=8 if per_runtime else 0,
        )
        host = Host(
            maker=maker,
            room=room,
            line=line,
            cells=cells,
            pace=Pace(clock=clock, wheel=wheel, at_once=begin_at_once),
            clock=clock,
            wheel=wheel,
        )
        ready = Maker(around=replace(around, provisioned=True, variables=ready_variables))
        provisioning = Provisioning(
            functions=functions,
            runtimes=runtimes,
            admission=admission,
            host=replace(
                host, maker=ready, backoff=Backoff(first_seconds=1.0, longest_seconds=30.0)
            ),
        )
        pools = Pools(
            functions=functions,
            runtimes=runtimes,
            admission=admission,
            provisioning=provisioning,
            host=host,
            idle_seconds=idle_seconds,
        )
        invoker = Invoker(admission=admission, pools=pools)
        invoker.open()
        yield Rig(
            invoker=invoker,
            admission=admission,
            room=room,
            pools=pools,
            provisioning=provisioning,
            cells=cells,
            line=line,
            clock=clock,
            wheel=wheel,
            sandboxes=sandboxes,
            functions=functions,
            channels=channels,
            captures=captures,
            memory=memory,
        )
        invoker.close()
        for order in ("make", "bind", "limit", "kill"):
            sandboxes.failing.discard(order)
            sandboxes.release(order)
        for _ in range(10):
            clock.advance(1)
            wheel.advance()
            await asyncio.sleep(0)
    assert not sandboxes.alive
    assert (room.live, room.starting, room.ending, room.waiting) == (0, 0, 0, 0)
    assert admission.running == 0


async def warm_ones(r: Rig, count: int, name: str = "hello") -> list[FakeChannel]:
    """So many idle environments, the last one used last."""
    function = active_function(name)
    r.functions.put(function)
    before = len(r.channels)
    for _ in range(count):
        r.submit(function)
    await r.turn()
    channels = r.channels[before:]
    for channel in channels:
        await r.initialise(channel)
    for channel in channels:
        r.answer(channel)
    await r.turn()
    return channels
