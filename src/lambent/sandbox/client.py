"""Sandboxes made by the spawner, whichever driver that works with."""

import asyncio
import logging
import os
import signal
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lambent.kit.backoff import Backoff
from lambent.sandbox.line import Done, Failed, Line, close_all
from lambent.sandbox.port import Ending, RootPlan, Sandbox, SandboxFailure, SandboxPlan

_logger = logging.getLogger(__name__)

_RECONNECT: Final = Backoff(first_seconds=0.005, longest_seconds=0.25)
_PATIENCE_SECONDS: Final = 30.0
_DESCRIPTORS: Final = 7
_LONGEST_STATUS: Final = 4_096
_WHILE_STARTING: Final = 1 << 20
"""More than what waits for a start grows by it: its largest resident set is counted as the program's too."""
_PEAK: Final = b"\nVmHWM:"
_REPORT: Final = struct.Struct("<iQ")
"""What a sandbox's init says at the end: the runtime's wait status, its largest resident set in KiB."""


class DirectSandbox:
    """A sandbox that the spawner made; see the port."""

    def __init__(
        self,
        *,
        name: str,
        memory_mb: int,
        late: bool,
        places: Mapping[str, str],
        descriptors: Sequence[int],
        line: Line,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        requests, responses, output, report, runtime_api, endpoint, status = descriptors
        self._name, self._places, self._line, self._loop = name, places, line, loop
        self._memory_mb = memory_mb
        self._late, self._before_start = late, 0
        self._requests, self._responses, self._output = requests, responses, output
        self._report, self._status = report, status
        self._runtime_api = socket.socket(fileno=runtime_api)
        self._endpoint = socket.socket(fileno=endpoint)
        for descriptor in descriptors:
            os.set_blocking(descriptor, False)
        self._ended: asyncio.Future[Ending] = loop.create_future()
        self._said = b""
        self._ending = self._released = self._closed = False
        loop.add_reader(report, self._hear_report)

    @property
    def name(self) -> str:
        """Unique on this host while the sandbox lives."""
        return self._name

    @property
    def requests(self) -> int:
        """Write end of the runtime's descriptor 3."""
        return self._requests

    @property
    def responses(self) -> int:
        """Read end of the runtime's descriptor 4."""
        return self._responses

    @property
    def output(self) -> int:
        """Read end of the runtime's stdout and stderr."""
        return self._output

    @property
    def runtime_api(self) -> socket.socket:
        """Listens on 127.0.0.1:9001 inside."""
        return self._runtime_api

    @property
    def endpoint(self) -> socket.socket:
        """Listens on 127.0.0.1:4566 inside."""
        return self._endpoint

    @property
    def places(self) -> Mapping[str, str]:
        """What stands for places that are not there; empty for sandboxes with walls."""
        return self._places

    @property
    def ended(self) -> asyncio.Future[Ending]:
        """Done once everything inside is gone; the descriptors stay open until `kill`, so that the rest can be read."""
        return self._ended

    def peak_memory_bytes(self) -> int:
        """The most memory that the runtime's first process has had resident so far; 0 once it has ended."""
        try:
            said = os.pread(self._status, _LONGEST_STATUS, 0)
        except ProcessLookupError:
            return 0
        _, _, rest = said.partition(_PEAK)
        kib = rest.split(None, 1)[:1]
        return min(int(kib[0]) << 10, self._memory_mb << 20) if kib else 0

    async def bind(
        self, code_tree: Path, *, opt_tree: Path | None = None, memory_mb: int | None = None
    ) -> None:
        """Show `code_tree` read-only at /var/task and `opt_tree` at /opt, their owner as root. Raises SandboxFailure."""
        other = memory_mb if memory_mb != self._memory_mb else None
        fields = {"name": self._name, "code_tree": str(code_tree), "memory_mb": other}
        if opt_tree is not None:
            fields["opt_tree"] = str(opt_tree)
        await ask(self._line, "bind", fields)
        self._memory_mb = memory_mb or self._memory_mb
        if self._late:
            self._before_start = self.peak_memory_bytes() + _WHILE_STARTING

    async def store(self, *, ephemeral_storage_mb: int) -> None:
        """Have an empty /tmp of another size. Raises SandboxFailure."""
        fields = {"name": self._name, "ephemeral_storage_mb": ephemeral_storage_mb}
        await ask(self._line, "store", fields)

    async def limit(self, *, memory_mb: int, cores: float | None) -> None:
        """Set memory (swap included) and CPU. Raises SandboxFailure."""
        fields = {"name": self._name, "memory_mb": memory_mb, "cores": cores}
        await ask(self._line, "limit", fields)
        self._memory_mb = memory_mb

    def thaw(self, failed: Callable[[str], None]) -> None:
        """Let everything inside go on, soon. `failed` is called later with the reason if it can't be."""

        def told(reply: Done | Failed) -> None:
            if isinstance(reply, Failed):
                failed(f"thaw: {reply.reason}")

        self._line.order("thaw", {"name": self._name}, told)

    async def kill(self) -> Ending:
        """End everything inside and close the descriptors. May be called again.

        Cancelling stops the wait only: the sandbox still ends, and its descriptors are closed then.
        """
        self._released = True
        if self._ended.done():
            self._close()
        else:
            self._begin_to_end()
        # Ended by the spawner's answer or by the line's patience.
        return await asyncio.shield(self._ended)

    def discard(self) -> None:
        """End it for nobody."""
        self._released = True
        self._begin_to_end()

    def give_up(self) -> None:
        """The line is about to be closed, at which the spawner ends the sandbox."""
        self._released = True
        if not self._ended.done():
            self._settle(oom_kills=0, anonymous_bytes=0)

    def _hear_report(self) -> None:
        """The init has said how the runtime ended, or is gone without a word."""
        self._read_report()
        self._begin_to_end()

    def _read_report(self) -> None:
        self._loop.remove_reader(self._report)
        with suppress(BlockingIOError):
            self._said = self._said or os.read(self._report, _REPORT.size)

    def _begin_to_end(self) -> None:
        if not self._ending:
            self._ending = True
            self._line.order("kill", {"name": self._name}, self._told_of_end)

    def _told_of_end(self, reply: Done | Failed) -> None:
        if self._ended.done():
            return
        if isinstance(reply, Failed):
            _logger.error("sandbox %s may be left: %s", self._name, reply.reason)
            self._settle(oom_kills=0, anonymous_bytes=0)
        else:
            self._settle(
                oom_kills=_count(reply.result, "oom_kills"),
                anonymous_bytes=_count(reply.result, "anonymous_bytes"),
            )

    def _settle(self, *, oom_kills: int, anonymous_bytes: int) -> None:
        self._read_report()
        status: int = signal.SIGKILL
        largest_kib = 0
        if len(self._said) == _REPORT.size:
            status, largest_kib = _REPORT.unpack(self._said)
        if (
            largest_kib << 10 <= self._before_start
        ):  # of what waited for the start, not of the program
            largest_kib = 0
        killed = os.WIFSIGNALED(status)
        # A resident set counts shared pages of the libraries too, which other groups may have been charged for.
        limit = self._memory_mb << 20
        peak = limit if oom_kills else min(max(anonymous_bytes, largest_kib << 10), limit)
        self._ended.set_result(
            Ending(
                exit_status=None if killed else os.WEXITSTATUS(status),
                signal=os.WTERMSIG(status) if killed else None,
                out_of_memory=oom_kills > 0,
                peak_memory_bytes=peak,
            )
        )
        if self._released:
            self._close()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        close_all((self._requests, self._responses, self._output, self._report, self._status))
        # A listener left open would keep the dead sandbox's network namespace.
        self._runtime_api.close()
        self._endpoint.close()


class SpawnerClient:
    """Makes sandboxes through the spawner that listens at `path`; an asynchronous context manager.

    A spawner that dies is waited for: sandboxes live on, and orders are carried out by the next one. Leaving the context ends
    every sandbox.
    """

    def __init__(
        self, *, path: Path, patience_seconds: float = _PATIENCE_SECONDS, isolated: bool = True
    ) -> None:
        """`isolated` is what the spawner's driver gives."""
        self._path, self._patience_seconds, self._isolated = path, patience_seconds, isolated
        self._sandboxes: dict[str, DirectSandbox] = {}

    @property
    def isolated(self) -> bool:
        """Whether what runs inside is kept from the host."""
        return self._isolated

    async def __aenter__(self) -> Self:
        """Connect, now or as soon as there is a spawner: until then orders wait, each for as long as patience lasts."""
        self._loop = asyncio.get_running_loop()
        self._line = Line(
            path=self._path,
            loop=self._loop,
            held=self._held,
            stray=self._stray,
            backoff=_RECONNECT,
            patience_seconds=self._patience_seconds,
        )
        self._line.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up: the spawner ends what is left."""
        for sandbox in list(self._sandboxes.values()):
            sandbox.give_up()
        self._line.close()

    async def make(self, plan: SandboxPlan) -> DirectSandbox:
        """Make a sandbox and start `plan.argv` in it. Raises SandboxFailure; cancelling leaves nothing behind."""
        made: asyncio.Future[DirectSandbox] = self._loop.create_future()

        def told(reply: Done | Failed) -> None:
            if isinstance(reply, Failed):
                made.set_exception(SandboxFailure(f"no sandbox: {reply.reason}"))
            elif len(reply.descriptors) < _DESCRIPTORS:
                self._stray(reply)
                made.set_exception(
                    SandboxFailure("no sandbox: this process has too many files open")
                )
            else:
                made.set_result(self._keep(reply, plan))

        order_id = self._line.order("make", _fields(plan), told)
        try:
            # Ended by the spawner's answer or by the line's patience. Shielded, so that a sandbox that came is not lost.
            return await asyncio.shield(made)
        except asyncio.CancelledError:
            self._line.withdraw(order_id)
            if made.done() and made.exception() is None:
                made.result().discard()
            raise

    def freeze(self, sandboxes: Sequence[Sandbox]) -> None:
        """Stop these sandboxes in one order; the spawner passes over those that it can't freeze."""
        names = [sandbox.name for sandbox in sandboxes]
        self._line.order("freeze", {"names": names}, _note_unfrozen)

    def _keep(self, reply: Done, plan: SandboxPlan) -> DirectSandbox:
        name = str(reply.result["name"])
        sandbox = DirectSandbox(
            name=name,
            memory_mb=plan.memory_mb,
            late=bool(plan.late),
            places=_texts(reply.result.get("places")),
            descriptors=reply.descriptors,
            line=self._line,
            loop=self._loop,
        )
        self._sandboxes[name] = sandbox
        sandbox.ended.add_done_callback(lambda _: self._sandboxes.pop(name))
        return sandbox

    def _held(self) -> Sequence[str]:
        return list(self._sandboxes)

    def _stray(self, reply: Done) -> None:
        """A sandbox came for nobody, or not whole: end it."""
        close_all(reply.descriptors)
        if "name" in reply.result:
            self._line.order("kill", {"name": reply.result["name"]}, lambda _: None)


async def ask(line: Line, verb: str, fields: Mapping[str, object]) -> None:
    """Send an order and wait until it is carried out. Raises SandboxFailure; cancelling stops the wait only."""
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def told(reply: Done | Failed) -> None:
        if answered.done():  # nobody waits any more
            return
        if isinstance(reply, Failed):
            answered.set_exception(SandboxFailure(f"{verb}: {reply.reason}"))
        else:
            answered.set_result(None)

    line.order(verb, fields, told)
    # Ended by the spawner's answer or by the line's patience.
    await answered


def _note_unfrozen(reply: Done | Failed) -> None:
    if isinstance(reply, Failed):
        _logger.warning("idle sandboxes run on: freeze: %s", reply.reason)


def _fields(plan: SandboxPlan) -> dict[str, object]:
    return {
        "root": _root_fields(plan.root),
        "argv": list(plan.argv),
        "late": list(plan.late),
        "environ": dict(plan.environ),
        "memory_mb": plan.memory_mb,
        "ephemeral_storage_mb": plan.ephemeral_storage_mb,
    }


def _root_fields(root: RootPlan) -> dict[str, object]:
    interpreter_dir = root.interpreter_dir
    return {
        "interpreter_dir": str(interpreter_dir) if interpreter_dir is not None else None,
        "runtime_dir": str(root.runtime_dir),
        "links": dict(root.links),
        "hidden": list(root.hidden),
        "libraries": {target: str(source) for target, source in root.libraries.items()},
    }


def _texts(value: object) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _count(result: Mapping[str, object], name: str) -> int:
    value = result.get(name)
    return value if isinstance(value, int) else 0
