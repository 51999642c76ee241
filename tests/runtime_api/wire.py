"""A framed channel over real pipes, and what may be said on it."""

import os
from contextlib import ExitStack

from lambent.runtime_api.framed import FramedChannel, Phase
from lambent.runtime_api.frames import Kind, head
from lambent.runtime_api.port import InvokeOrder, StartOrder
from tests.runtime_api.recording_listener import RecordingListener, Told
from tests.runtime_api.stepping_loop import SteppingLoop

START = StartOrder(handler="app.handler", environ={"A": "1"})
PEAK = b'{"peak":4096}'
ANSWER = b'{"id":"one","peak":4096}'
FAULT = b'{"id":"one","type":"ValueError","peak":4096}'
SAID = {
    Kind.WAITING: (b"{}", b""),
    Kind.INIT_DONE: (PEAK, b""),
    Kind.INIT_ERROR: (b'{"type":"Runtime.ImportModuleError"}', b'{"errorMessage":"no"}'),
    Kind.RESPONSE: (ANSWER, b"[1]"),
    Kind.ERROR: (FAULT, b"{}"),
}
WAY_TO = {
    Phase.BOOTING: [],
    Phase.WAITING: [Kind.WAITING],
    Phase.STARTING: [Kind.WAITING, Kind.START],
    Phase.READY: [Kind.WAITING, Kind.START, Kind.INIT_DONE],
    Phase.BUSY: [Kind.WAITING, Kind.START, Kind.INIT_DONE, Kind.INVOKE],
    Phase.FAILED: [Kind.WAITING, Kind.START, Kind.INIT_ERROR],
}


def invocation(request_id: str = "one", payload: bytes = b'{"k":1}') -> InvokeOrder:
    return InvokeOrder(
        request_id=request_id,
        deadline_epoch_ms=1_764_000_000_000,
        invoked_arn="arn:aws:lambda:us-east-1:000000000000:function:f",
        trace_id="Root=1-5759e988-bd862e3fe1be46a994272793",
        client_context="",
        payload=payload,
    )


class Wire:
    """A channel, its listener, and the runtime's ends of its pipes."""

    def __init__(self, cleanup: ExitStack) -> None:
        self.read, engine_write = os.pipe()
        engine_read, self.write = os.pipe()
        self.descriptors = {self.read, engine_write, engine_read, self.write}
        os.set_blocking(engine_write, False)
        os.set_blocking(engine_read, False)
        self.loop = SteppingLoop()
        self.listener = RecordingListener()
        self.channel = FramedChannel(
            requests=engine_write, responses=engine_read, listener=self.listener, loop=self.loop
        )
        cleanup.callback(self._close)

    def _close(self) -> None:
        self.channel.close()
        assert not self.loop.readers
        assert not self.loop.writers
        for descriptor in self.descriptors:
            os.close(descriptor)

    def shut(self, descriptor: int) -> None:
        self.descriptors.remove(descriptor)
        os.close(descriptor)

    def say(self, kind: int, meta: bytes, body: bytes = b"") -> None:
        data = head(Kind(kind), meta, body_length=len(body)) + body
        while data:
            data = data[os.write(self.write, data[:65_536]) :]
            self.loop.settle()

    def go(self, *kinds: Kind) -> None:
        for kind in kinds:
            if kind is Kind.START:
                self.channel.start(START)
                self.hear()
            elif kind is Kind.INVOKE:
                self.channel.invoke(invocation())
                self.hear()
            else:
                self.say(kind, *SAID[kind])

    def hear(self, body_length: int = 0) -> bytes:
        return os.read(self.read, 65_536 + body_length)

    @property
    def last(self) -> Told:
        return self.listener.told[-1]
