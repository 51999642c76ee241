"""Fakes of what an execution environment is made of: sandboxes, channels, captures, runtimes."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lambent.execution.port import Inside
from lambent.http.exchange import Application
from lambent.model.function import FunctionKey, FunctionVersion, State
from lambent.model.logs import LogStreamKey
from lambent.model.traffic import Traffic
from lambent.runtime_api.port import InvokeOrder, RuntimeChannel, RuntimeListener, StartOrder
from lambent.runtime_api.taken import TakenRuntimeApi
from lambent.sandbox.port import Ending, RootPlan, Sandbox, SandboxFailure, SandboxPlan

KILLED = Ending(signal=9)


class NoSocket(socket.socket):
    """A listener that does not exist."""

    def __init__(self) -> None:
        """Open nothing."""

    def __repr__(self) -> str:
        return "NoSocket()"


class FakeSandbox:
    """A sandbox without anything in it; tests end it with `exits`."""

    def __init__(self, *, number: int, plan: SandboxPlan, driver: "FakeSandboxes") -> None:
        self.name = f"sandbox-{number}"
        self.plan = plan
        self.requests = self.responses = -1
        self.output = number
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self.bound: Path | None = None
        self.bound_opt: Path | None = None
        self.limits: list[tuple[int, float | None]] = []
        self.stores: list[int] = []
        self.killed = 0
        self.places: Mapping[str, str] = {}
        self.frozen = self.unthawable = False
        self.freezes = self.thaws = 0
        self._driver = driver

    @property
    def runtime_api(self) -> socket.socket:
        """Never a real listener."""
        return self._driver.listener

    @property
    def endpoint(self) -> socket.socket:
        """Never a real listener."""
        return self._driver.listener

    def peak_memory_bytes(self) -> int:
        """Unknown."""
        return 0

    async def bind(
        self, code_tree: Path, *, opt_tree: Path | None = None, memory_mb: int | None = None
    ) -> None:
        """Remember it."""
        await self._driver.passes("bind")
        self.bound, self.bound_opt = code_tree, opt_tree
        if memory_mb not in (None, self.plan.memory_mb):
            self.limits.append((memory_mb, None))

    async def store(self, *, ephemeral_storage_mb: int) -> None:
        """Remember it."""
        await self._driver.passes("store")
        self.stores.append(ephemeral_storage_mb)

    async def limit(self, *, memory_mb: int, cores: float | None) -> None:
        """Remember it."""
        await self._driver.passes("limit")
        self.limits.append((memory_mb, cores))

    def thaw(self, failed: Callable[[str], None]) -> None:
        """Thaw it at once, or later."""
        self.thaws += 1

        def thaw() -> None:
            if "thaw" in self._driver.failing:
                self.unthawable = True
                failed("thaw failed")
            else:
                self.frozen = False

        self._driver.in_turn(thaw)

    async def kill(self) -> Ending:
        """End it unless it has ended."""
        await self._driver.passes("kill")
        self.killed += 1
        if not self.ended.done():
            self.ended.set_result(replace(self._driver.killed_as))
        self._driver.alive.discard(self.name)
        return self.ended.result()

    def exits(self, ending: Ending) -> None:
        """Its runtime ends by itself."""
        self.ended.set_result(ending)


class FakeSandboxes:
    """Makes fake sandboxes; `failing` names the orders that fail, `held` those that wait for `release`."""

    isolated = True

    def __init__(self) -> None:
        self.made: list[FakeSandbox] = []
        self.alive: set[str] = set()
        self.failing: set[str] = set()
        self.held: set[str] = set()
        self.killed_as = KILLED
        self.attempts = 0
        self.listener = NoSocket()
        self._gate = asyncio.Event()
        self._in_turn: list[Callable[[], None]] = []

    def freeze(self, sandboxes: Sequence[Sandbox]) -> None:
        """Freeze them at once, or later."""

        def freeze() -> None:
            for sandbox in self.made:
                if sandbox in sandboxes and "freeze" not in self.failing:
                    sandbox.frozen = True

        for sandbox in self.made:
            sandbox.freezes += sandbox in sandboxes
        self.in_turn(freeze)

    def in_turn(self, order: Callable[[], None]) -> None:
        """Carry out an order to freeze or thaw: at once, or while "freezer" is held, one after the other on `release`."""
        if "freezer" in self.held:
            self._in_turn.append(order)
        else:
            asyncio.get_running_loop().call_soon(order)

    async def make(self, plan: SandboxPlan) -> Sandbox:
        """Make one."""
        self.attempts += 1
        await self.passes("make")
        sandbox = FakeSandbox(number=len(self.made), plan=plan, driver=self)
        self.made.append(sandbox)
        self.alive.add(sandbox.name)
        return sandbox

    async def passes(self, order: str) -> None:
        """Return when the order succeeds. Raises SandboxFailure."""
        while order in self.held:
            await self._gate.wait()
        if order in self.failing:
            raise SandboxFailure(f"{order} failed")

    def release(self, order: str) -> None:
        """Let held orders go on."""
        self.held.discard(order)
        self._gate.set()
        if order == "freezer":
            orders, self._in_turn = self._in_turn, []
            for carry_out in orders:
                carry_out()
        self._gate = asyncio.Event()


class FakeChannel:
    """Remembers orders; tests play the runtime by calling its listener."""

    def __init__(self, sandbox: Sandbox, listener: RuntimeListener) -> None:
        self.sandbox, self.listener = sandbox, listener
        self.starts: list[StartOrder] = []
        self.invokes: list[InvokeOrder] = []
        self.closed = 0

    @property
    def runtime_api(self) -> Application:
        """Refuses what a framed channel's does."""
        return TakenRuntimeApi()

    def start(self, order: StartOrder) -> None:
        """Remember it."""
        self.starts.append(order)

    def invoke(self, order: InvokeOrder) -> None:
        """Remember it."""
        self.invokes.append(order)

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class FakeCapture:
    """A log stream as a list of lines; `writes` plays the function's output."""

    def __init__(self, *, output: int, key: LogStreamKey) -> None:
        self.output, self.key = output, key
        self.lines: list[str] = []
        self.pending: list[str] = []
        self.closed = 0
        self._tail: list[str] | None = None

    def writes(self, text: str) -> None:
        """The function writes a line that nobody has read yet."""
        self.pending.append(text)

    def line(self, text: str) -> None:
        """Add a platform line."""
        self.lines.append(text)
        if self._tail is not None:
            self._tail.append(text)

    def record(self, data: bytes) -> None:
        """Add platform lines."""
        for text in data.decode().splitlines():
            self.line(text)

    def begin(self, *, wants_tail: bool) -> None:
        """Forget the tail."""
        self._tail = [] if wants_tail else None

    def drain(self) -> None:
        """Read what the function wrote."""
        for text in self.pending:
            self.line(text)
        self.pending.clear()

    def tail(self) -> bytes:
        """The last lines."""
        return "".join(f"{line}\n" for line in self._tail or ()).encode()[-4096:]

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class FakeService:
    """Something that serves."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        """Count it."""
        self.closed += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRuntime:
    """A runtime."""

    identifier: str = "python3.11"
    root: RootPlan = field(
        default_factory=lambda: RootPlan(interpreter_dir=None, runtime_dir=Path("/runtime"))
    )
    argv: Sequence[str] = ("/var/lang/bin/python3", "/var/runtime/bootstrap.py")
    late: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    version: str = "python:3.11.7"
    digest: str = "ab" * 32


class FakeRuntimes:
    """The runtimes of a host."""

    def __init__(self, *runtimes: FakeRuntime) -> None:
        self._runtimes = {runtime.identifier: runtime for runtime in runtimes or (FakeRuntime(),)}

    def find(self, identifier: str) -> FakeRuntime | None:
        """One of them."""
        return self._runtimes.get(identifier)


class FakeFunctions:
    """The catalogue."""

    def __init__(self, *functions: FunctionVersion) -> None:
        self.known = {function.key: function for function in functions}
        self.guided: dict[FunctionKey, Traffic] = {}

    def find(self, key: FunctionKey) -> FunctionVersion | None:
        """What is current."""
        return self.known.get(key)

    def traffic(self, key: FunctionKey) -> Traffic | None:
        """Its aliases and concurrency."""
        return self.guided.get(key)

    def put(self, function: FunctionVersion) -> None:
        """Make it current."""
        self.known[function.key] = function


class CountingIds:
    """Identifiers that count."""

    def __init__(self) -> None:
        self._next = 0

    def uuid(self) -> str:
        """The next one."""
        self._next += 1
        return f"00000000-0000-4000-8000-{self._next:012x}"

    def hex(self, characters: int) -> str:
        """The next one."""
        self._next += 1
        return f"{self._next:0{characters}x}"


async def serve(listener: socket.socket, kind: Inside, channel: RuntimeChannel) -> FakeService:
    """Serve nothing."""
    del listener, kind, channel
    return FakeService()


def active_function(
    name: str = "hello", *, revision: str = "r1", **changes: int
) -> FunctionVersion:
    """A function that can be invoked; `changes` are its numbers."""
    function = FunctionVersion(
        key=FunctionKey(account_id="000000000000", region="us-east-1", name=name),
        revision_id=f"{name}-{revision}",
        runtime="python3.11",
        handler="app.handler",
        role="arn:aws:iam::000000000000:role/r",
        architecture="x86_64",
        package_sha256="cd" * 32,
        code_size=1,
        last_modified_ms=0,
        log_group=f"/aws/lambda/{name}",
        state=State.ACTIVE,
    )
    return replace(function, **changes)  # type: ignore[arg-type]  # numbers only, by its signature
