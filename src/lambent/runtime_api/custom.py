"""The channel of a runtime that is the function's own program: frames until it is executed, then the HTTP Runtime API."""

import os
from typing import Final

import msgspec

from lambent.http.exchange import Application
from lambent.runtime_api.framed import DescriptorLoop, FramedChannel
from lambent.runtime_api.http_api import HttpRuntimeApi, MemoryGauge
from lambent.runtime_api.port import InvokeOrder, RuntimeFault, RuntimeListener, StartOrder

BOOTSTRAPS: Final = ("/var/task/bootstrap", "/opt/bootstrap")
"""Where such a program lies: the first that is there is taken."""


class _NotStarted(msgspec.Struct):
    """Why what waits in the sandbox did not become the program (sandbox.spawner.starter)."""

    program: str
    errno: int

    def words(self) -> str:
        """As AWS, whose words are Go's, says it."""
        if not self.program:
            return f"Couldn't find valid bootstrap(s): [{' '.join(BOOTSTRAPS)}]"
        return f"fork/exec {self.program}: {os.strerror(self.errno).lower()}"


class CustomRuntimeChannel:
    """A RuntimeChannel: `start` has the program executed, and from then on it speaks HTTP.

    `runtime_waiting` is told once the sandbox can execute, `init_finished` at the program's first `next`. A program that is
    missing or can't be executed is an `init_failed`.
    """

    def __init__(
        self,
        *,
        requests: int,
        responses: int,
        listener: RuntimeListener,
        memory: MemoryGauge,
        loop: DescriptorLoop,
    ) -> None:
        self._api = HttpRuntimeApi(listener=listener, memory=memory)
        starting = _Starting(listener)
        self._starting = starting
        self._frames = FramedChannel(
            requests=requests, responses=responses, listener=starting, loop=loop
        )

    @property
    def runtime_api(self) -> Application:
        """What answers on 127.0.0.1:9001 inside."""
        return self._api

    def start(self, order: StartOrder) -> None:
        """Have the program executed. Raises RuntimeError unless the sandbox waits for that."""
        self._frames.start(order)
        self._starting.told = True

    def invoke(self, order: InvokeOrder) -> None:
        """Hand over an event, now or at the runtime's `next`. Raises RuntimeError unless it is the only one."""
        self._api.invoke(order)

    def close(self) -> None:
        """Let go of the pipes and drop the runtime's open requests; nothing is told any more. May be called again."""
        self._frames.close()
        self._api.close()


class _Starting:
    """Hears what waits in the sandbox, a RuntimeListener; once told to start it says no more than that it could not."""

    def __init__(self, listener: RuntimeListener) -> None:
        self._listener = listener
        self.told = False

    def runtime_waiting(self) -> None:
        self._listener.runtime_waiting()

    def init_failed(self, error: RuntimeFault) -> None:
        try:
            words = msgspec.json.decode(error.body, type=_NotStarted).words()
        except (msgspec.MsgspecError, ValueError, OverflowError) as malformed:
            self._listener.broken(f"a start that failed is told malformed: {malformed}")
            return
        fault = RuntimeFault(error_type="Runtime.InvalidEntrypoint", body=b"", platform_words=words)
        self._listener.init_failed(fault)

    def broken(self, reason: str) -> None:
        # Executing closed the pipes: the program, which never had them, lives on.
        if not self.told:
            self._listener.broken(reason)

    def init_finished(self, *, peak_memory_bytes: int) -> None:
        del peak_memory_bytes
        self._listener.broken("what waits in the sandbox says that it has loaded a handler")

    def responded(self, request_id: str, body: bytes, *, peak_memory_bytes: int) -> None:
        """Does not come: nothing is asked by frames."""

    def failed(self, request_id: str, error: RuntimeFault, *, peak_memory_bytes: int) -> None:
        """Does not come: nothing is asked by frames."""
