"""Sandboxes in this process, with real pipes and sockets: nothing runs inside but what the test does or gives to run."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lambent.sandbox.port import Ending, Sandbox, SandboxFailure, SandboxPlan


@dataclass(kw_only=True)
class Inside:
    """What the runtime has: its ends of the pipes. Blocking; closed when the sandbox ends."""

    plan: SandboxPlan
    requests: int
    responses: int
    output: int
    runtime_api: tuple[str, int]
    endpoint: tuple[str, int]
    task: Path | None = None
    """What is bound at /var/task."""
    opt: Path | None = None
    """What is bound at /opt."""


Runtime = Callable[[Inside], Ending]
"""Runs in a thread of its own until it returns how it ended; reading `requests` gives nothing once it is killed."""


class FakeSandbox:
    """A sandbox that a test plays the inside of, by `inside` and `end`."""

    def __init__(self, *, name: str, plan: SandboxPlan) -> None:
        self.name, self.plan = name, plan
        self._loop = asyncio.get_running_loop()
        requests_inside, self.requests = os.pipe()
        self.responses, responses_inside = os.pipe()
        self.output, output_inside = os.pipe()
        for descriptor in (self.requests, self.responses, self.output):
            os.set_blocking(descriptor, False)
        self.runtime_api, self.endpoint = _listener(), _listener()
        self.inside = Inside(
            plan=plan,
            requests=requests_inside,
            responses=responses_inside,
            output=output_inside,
            runtime_api=self.runtime_api.getsockname(),
            endpoint=self.endpoint.getsockname(),
        )
        self.ended: asyncio.Future[Ending] = self._loop.create_future()
        self.memory_mb = plan.memory_mb
        self.cores: float | None = None
        """The CPU quota; None while there is none."""
        self.places: Mapping[str, str] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, runtime: Runtime) -> None:
        """Run `runtime` inside."""

        def body() -> None:
            ending = runtime(self.inside)
            self._close_inside()
            self._loop.call_soon_threadsafe(self._settle, ending)

        self._thread = threading.Thread(target=body)
        self._thread.start()

    def end(self, ending: Ending) -> None:
        """End from within, as a runtime that exits does."""
        self._close_inside()
        self._settle(ending)

    def peak_memory_bytes(self) -> int:
        """Unknown."""
        return 0

    def thaw(self, failed: Callable[[str], None]) -> None:
        """Nothing is ever frozen."""
        if self.ended.done():
            self._loop.call_soon(failed, f"sandbox {self.name} has ended")

    async def bind(
        self, code_tree: Path, *, opt_tree: Path | None = None, memory_mb: int | None = None
    ) -> None:
        """Note code and layers; they must be there."""
        self._refuse_if_ended()
        for tree in (code_tree, opt_tree):
            if tree is not None and not tree.is_dir():
                raise SandboxFailure(f"bind: {tree} is not a directory")
        self.inside.task, self.inside.opt = code_tree, opt_tree
        self.memory_mb = memory_mb or self.memory_mb

    async def store(self, *, ephemeral_storage_mb: int) -> None:
        """Note the size."""
        self._refuse_if_ended()
        self.ephemeral_storage_mb = ephemeral_storage_mb

    async def limit(self, *, memory_mb: int, cores: float | None) -> None:
        """Note the limits."""
        self._refuse_if_ended()
        self.memory_mb, self.cores = memory_mb, cores

    async def kill(self) -> Ending:
        """End it as SIGKILL does."""
        self._settle(Ending(signal=signal.SIGKILL))
        if not self._closed:
            self._closed = True
            for descriptor in (self.requests, self.responses, self.output):
                os.close(descriptor)
            self.runtime_api.close()
            self.endpoint.close()
            if self._thread is not None:
                self._thread.join(5)
            else:
                self._close_inside()
        return self.ended.result()

    def _refuse_if_ended(self) -> None:
        if self.ended.done():
            raise SandboxFailure(f"sandbox {self.name} has ended")

    def _settle(self, ending: Ending) -> None:
        if not self.ended.done():
            self.ended.set_result(ending)

    def _close_inside(self) -> None:
        for name in ("requests", "responses", "output"):
            descriptor = getattr(self.inside, name)
            setattr(self.inside, name, -1)
            if descriptor >= 0:
                os.close(descriptor)


class FakeSandboxes:
    """Makes fake sandboxes; `made` lists them, oldest first."""

    isolated = False

    def __init__(self, *, runtime: Runtime | None = None) -> None:
        self._runtime = runtime
        self.made: list[FakeSandbox] = []
        self.refusal: str | None = None
        """While set, why no sandbox can be made."""

    def freeze(self, sandboxes: Sequence[Sandbox]) -> None:
        """Freeze nothing."""

    async def make(self, plan: SandboxPlan) -> FakeSandbox:
        """Make one, or raise SandboxFailure while `refusal` is set."""
        if self.refusal is not None:
            raise SandboxFailure(self.refusal)
        sandbox = FakeSandbox(name=f"fake.{len(self.made)}", plan=plan)
        self.made.append(sandbox)
        if self._runtime is not None:
            sandbox.run(self._runtime)
        return sandbox


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.setblocking(False)
    return listener
