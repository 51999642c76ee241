"""The framed channel: two pipes to one of our own bootstraps."""

import contextlib
import fcntl
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, Protocol

import msgspec

from lambent.http.exchange import Application
from lambent.runtime_api.frames import BadFrame, Frame, FrameDecoder, Kind, head
from lambent.runtime_api.port import InvokeOrder, RuntimeFault, RuntimeListener, StartOrder
from lambent.runtime_api.taken import TakenRuntimeApi

_GULP: Final = 65_536
_WIDE_PIPE: Final = 1_048_576


class Phase(StrEnum):
    """Where the conversation stands."""

    BOOTING = "booting"
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    BUSY = "busy"
    FAILED = "failed"
    CLOSED = "closed"


NEXT_PHASE: Final[Mapping[tuple[Phase, Kind], Phase]] = {
    (Phase.BOOTING, Kind.WAITING): Phase.WAITING,
    (Phase.WAITING, Kind.START): Phase.STARTING,
    (Phase.STARTING, Kind.INIT_DONE): Phase.READY,
    (Phase.STARTING, Kind.INIT_ERROR): Phase.FAILED,
    (Phase.READY, Kind.INVOKE): Phase.BUSY,
    (Phase.BUSY, Kind.RESPONSE): Phase.READY,
    (Phase.BUSY, Kind.ERROR): Phase.READY,
}
"""Every frame that is in turn, whoever sends it."""

_Peak = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _StartMeta(msgspec.Struct):
    handler: str
    environ: Mapping[str, str]


class _InvokeMeta(msgspec.Struct):
    id: str
    deadline: int
    arn: str
    trace: str
    context: str


class _FromRuntime(msgspec.Struct, forbid_unknown_fields=True):
    """Meta of a frame that a runtime says."""

    def check(self, request_id: str, body: bytes) -> None:
        """Raise BadFrame, ValueError or msgspec's error unless it fits the invocation under way and its body."""

    def tell(self, listener: RuntimeListener, body: bytes) -> None:
        """Tell `listener` what it says."""
        raise NotImplementedError


class _Waiting(_FromRuntime):
    def tell(self, listener: RuntimeListener, body: bytes) -> None:
        listener.runtime_waiting()


class _InitDone(_FromRuntime):
    peak: _Peak

    def tell(self, listener: RuntimeListener, body: bytes) -> None:
        listener.init_finished(peak_memory_bytes=self.peak)


class _InitError(_FromRuntime):
    type: str

    def check(self, request_id: str, body: bytes) -> None:
        _check_json(body)

    def tell(self, listener: RuntimeListener, body: bytes) -> None:
        listener.init_failed(RuntimeFault(error_type=self.type, body=body))


class _Response(_FromRuntime):
    id: str
    peak: _Peak

    def check(self, request_id: str, body: bytes) -> None:
        _check_id(self.id, request_id)

    def tell(self, listener: RuntimeListener, body: bytes) -> None:
        listener.responded(self.id, body, peak_memory_bytes=self.peak)


class _Error(_FromRuntime):
    id: str
    type: str
    peak: _Peak
    fatal: bool = False

    def check(self, request_id: str, body: bytes) -> None:
        _check_id(self.id, request_id)
        _check_json(body)

    def tell(self, listener: RuntimeListener, body: bytes) -> None:
        fault = RuntimeFault(error_type=self.type, body=body, fatal=self.fatal)
        listener.failed(self.id, fault, peak_memory_bytes=self.peak)


def _check_id(answered: str, request_id: str) -> None:
    if answered != request_id:
        raise BadFrame(f"it answers {answered!r}")


def _check_json(body: bytes) -> None:
    _any_json(body)
    body.decode()  # msgspec.Raw lets pass text that is not UTF-8


_encode: Final = msgspec.json.Encoder().encode
_any_json: Final = msgspec.json.Decoder(msgspec.Raw).decode
_META: Final[Mapping[Kind, Callable[[bytes], _FromRuntime]]] = {
    Kind.WAITING: msgspec.json.Decoder(_Waiting).decode,
    Kind.INIT_DONE: msgspec.json.Decoder(_InitDone).decode,
    Kind.INIT_ERROR: msgspec.json.Decoder(_InitError).decode,
    Kind.RESPONSE: msgspec.json.Decoder(_Response).decode,
    Kind.ERROR: msgspec.json.Decoder(_Error).decode,
}


class DescriptorLoop(Protocol):
    """As much of asyncio's event loop as a channel needs."""

    def add_reader(self, fd: int, callback: Callable[[], object], /) -> None:
        """Call back whenever `fd` can be read."""
        ...

    def remove_reader(self, fd: int, /) -> bool:
        """Watch `fd` no more for reading."""
        ...

    def add_writer(self, fd: int, callback: Callable[[], object], /) -> None:
        """Call back whenever `fd` can be written."""
        ...

    def remove_writer(self, fd: int, /) -> bool:
        """Watch `fd` no more for writing."""
        ...

    def call_soon(self, callback: Callable[[], object], /) -> object:
        """Call back once, later."""
        ...


class FramedChannel:
    """Speaks frames over two non-blocking descriptors, which stay their owner's, and tells `listener` what it hears.

    A response's body is handed on as it is: a handler may return bytes, and AWS passes those on unchanged, so
    whoever needs JSON looks for himself. An error's body must be JSON. Anything out of turn, too large or
    malformed is told as `broken`, as is the end of the runtime's pipe. After `init_failed` nothing more is told:
    the runtime exits, and its sandbox says so.
    """

    def __init__(
        self,
        *,
        requests: int,
        responses: int,
        listener: RuntimeListener,
        loop: DescriptorLoop,
    ) -> None:
        self._requests, self._responses = requests, responses
        self._listener, self._loop = listener, loop
        self._phase = Phase.BOOTING
        self._decoder = FrameDecoder()
        self._unsent: deque[memoryview] = deque()
        self._request_id = ""
        self._wide_requests = self._wide_responses = False
        loop.add_reader(responses, self._readable)

    @property
    def phase(self) -> Phase:
        """Where the conversation stands."""
        return self._phase

    @property
    def runtime_api(self) -> Application:
        """What answers on 127.0.0.1:9001 inside: the runtime's place is taken."""
        return TakenRuntimeApi()

    def start(self, order: StartOrder) -> None:
        """Hand over the function. Raises RuntimeError unless the runtime waits for it."""
        self._turn(Kind.START)
        self._send(Kind.START, _encode(_StartMeta(order.handler, order.environ)), b"")

    def invoke(self, order: InvokeOrder) -> None:
        """Hand over an event. Raises RuntimeError unless the runtime is ready for one."""
        self._turn(Kind.INVOKE)
        self._request_id = order.request_id
        meta = _InvokeMeta(
            order.request_id,
            order.deadline_epoch_ms,
            order.invoked_arn,
            order.trace_id,
            order.client_context,
        )
        self._send(Kind.INVOKE, _encode(meta), order.payload)

    def close(self) -> None:
        """Stop reading and writing; nothing is told any more. May be called again."""
        self._phase = Phase.CLOSED
        self._let_go()

    def _let_go(self) -> None:
        self._loop.remove_reader(self._responses)
        if self._unsent:
            self._loop.remove_writer(self._requests)
            self._unsent.clear()

    def _turn(self, kind: Kind) -> None:
        phase = NEXT_PHASE.get((self._phase, kind))
        if phase is None:
            raise RuntimeError(f"{kind.name} while the channel is {self._phase}")
        self._phase = phase

    def _break(self, reason: str) -> None:
        if self._phase not in (Phase.CLOSED, Phase.FAILED):
            self.close()
            self._listener.broken(reason)

    # Writing

    def _send(self, kind: Kind, meta: bytes, body: bytes) -> None:
        first = head(kind, meta, body_length=len(body))
        size = len(first) + len(body)
        if len(body) <= _GULP:
            self._write((first + body,), size)
            return
        if not self._wide_requests:
            self._wide_requests = _widen(self._requests)
        self._write((first, body), size)

    def _write(self, pieces: Sequence[bytes], size: int) -> None:
        try:
            sent = os.writev(self._requests, pieces)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            # Told from the loop: whoever hands over an order does not expect to be called back meanwhile.
            reason = f"the runtime takes nothing more: {error.strerror}"
            self._loop.call_soon(lambda: self._break(reason))
            return
        if sent < size:
            self._unsent.extend(map(memoryview, pieces))
            self._drop(sent)
            self._loop.add_writer(self._requests, self._writable)

    def _writable(self) -> None:
        try:
            sent = os.writev(self._requests, list(self._unsent))
        except BlockingIOError:
            return
        except OSError as error:
            self._break(f"the runtime takes nothing more: {error.strerror}")
            return
        self._drop(sent)
        if not self._unsent:
            self._loop.remove_writer(self._requests)

    def _drop(self, sent: int) -> None:
        while self._unsent and sent >= len(self._unsent[0]):
            sent -= len(self._unsent.popleft())
        if sent:
            self._unsent[0] = self._unsent[0][sent:]

    # Reading

    def _readable(self) -> None:
        try:
            frames = self._read()
        except BlockingIOError:
            return
        except (OSError, BadFrame) as error:
            self._break(str(error))
            return
        for frame in frames:
            self._take(frame)

    def _read(self) -> list[Frame]:
        room = self._decoder.room
        if room is None:
            data = os.read(self._responses, _GULP)
            if data:
                frames = self._decoder.feed(data)
                if not frames:
                    self._widen_for_the_rest()
                return frames
        else:
            count = os.readv(self._responses, [room])
            if count:
                frame = self._decoder.filled(count)
                return [frame] if frame else []
        raise BadFrame(
            "the runtime closed its end"
            if self._decoder.idle
            else "the runtime closed within a frame"
        )

    def _widen_for_the_rest(self) -> None:
        room = self._decoder.room
        if room is not None and len(room) > _GULP and not self._wide_responses:
            self._wide_responses = _widen(self._responses)

    def _take(self, frame: Frame) -> None:
        phase = NEXT_PHASE.get((self._phase, frame.kind))
        if phase is None:
            self._break(f"the runtime said {frame.kind.name} while it was {self._phase}")
            return
        if self._unsent:
            self._break(f"the runtime said {frame.kind.name} before it had read its order")
            return
        try:
            meta = _META[frame.kind](frame.meta)
            meta.check(self._request_id, frame.body)
        except (BadFrame, msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._break(f"the runtime's {frame.kind.name} is malformed: {error}")
            return
        self._phase = phase
        if phase is Phase.FAILED:
            self._let_go()
        meta.tell(self._listener, frame.body)


def _widen(descriptor: int) -> bool:
    # Best effort: the kernel caps what all pipes of one user may hold, and bodies pass in pieces all the same.
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _WIDE_PIPE)
    return True
