"""The channel of a function's own program: over real pipes until it is executed, then by exchanges."""

import errno
import json
import os
from collections.abc import Iterator

import pytest

from lambent.runtime_api.custom import CustomRuntimeChannel
from lambent.runtime_api.frames import HEADER_BYTES, Kind, head
from lambent.runtime_api.port import InvokeOrder, RuntimeChannel, StartOrder
from tests.runtime_api.fake_exchange import FakeExchange
from tests.runtime_api.recording_listener import RecordingListener
from tests.runtime_api.stepping_loop import SteppingLoop

PEAK = 2_097_152
START = StartOrder(handler="h", environ={"A": "1"})
INVOKE = InvokeOrder(
    request_id="one",
    deadline_epoch_ms=1_764_000_000_000,
    invoked_arn="arn:aws:lambda:us-east-1:000000000000:function:f",
    trace_id="",
    client_context="",
    payload=b"1",
)


class Sandbox:
    """The channel, its listener, and the ends of the pipes that something in a sandbox has."""

    def __init__(self) -> None:
        self.read, requests = os.pipe()
        responses, self.write = os.pipe()
        self.open = {self.read, requests, responses, self.write}
        os.set_blocking(requests, False)
        os.set_blocking(responses, False)
        self.loop, self.listener = SteppingLoop(), RecordingListener()
        self.channel = CustomRuntimeChannel(
            requests=requests,
            responses=responses,
            listener=self.listener,
            memory=lambda: PEAK,
            loop=self.loop,
        )

    def says(self, kind: Kind, meta: object, body: bytes = b"") -> None:
        os.write(self.write, head(kind, json.dumps(meta).encode(), body_length=len(body)) + body)
        self.loop.settle()

    def closes_its_ends(self) -> None:
        for descriptor in (self.read, self.write):
            self.open.discard(descriptor)
            os.close(descriptor)
        self.loop.settle()

    def asks_next(self) -> FakeExchange:
        exchange = FakeExchange(b"GET", b"/runtime/invocation/next")
        self.channel.runtime_api.begin(exchange)
        return exchange

    def close(self) -> None:
        self.channel.close()
        assert not self.loop.readers
        for descriptor in self.open:
            os.close(descriptor)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


def started(sandbox: Sandbox) -> None:
    sandbox.says(Kind.WAITING, {})
    sandbox.channel.start(START)


def test_it_is_a_channel(sandbox: Sandbox) -> None:
    channel: RuntimeChannel = sandbox.channel
    assert channel.runtime_api is channel.runtime_api


def test_the_environment_goes_to_what_waits(sandbox: Sandbox) -> None:
    started(sandbox)
    assert sandbox.listener.told == [("waiting", {})]
    frame = os.read(sandbox.read, 65_536)
    assert json.loads(frame[HEADER_BYTES:]) == {"handler": "h", "environ": {"A": "1"}}


def test_a_start_before_it_waits_is_our_own_fault(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="START while the channel is booting"):
        sandbox.channel.start(START)


def test_once_executed_the_program_speaks_http(sandbox: Sandbox) -> None:
    started(sandbox)
    sandbox.closes_its_ends()
    polling = sandbox.asks_next()
    sandbox.channel.invoke(INVOKE)
    assert (polling.status, polling.body) == (200, b"1")
    assert sandbox.listener.told == [("waiting", {}), ("init finished", {"peak": PEAK})]


def test_an_end_before_the_start_breaks_it(sandbox: Sandbox) -> None:
    sandbox.says(Kind.WAITING, {})
    sandbox.closes_its_ends()
    assert sandbox.listener.told[1:] == [("broken", {"reason": "the runtime closed its end"})]


@pytest.mark.parametrize(
    ("program", "number", "words"),
    [
        (
            "",
            errno.ENOENT,
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
        ),
        (
            "/var/task/bootstrap",
            errno.ENOEXEC,
            "fork/exec /var/task/bootstrap: exec format error",
        ),
        ("/opt/bootstrap", errno.EACCES, "fork/exec /opt/bootstrap: permission denied"),
        (
            "/var/task/bootstrap",
            errno.ENOENT,
            "fork/exec /var/task/bootstrap: no such file or directory",
        ),
    ],
)
def test_a_program_that_does_not_start_is_told_in_awss_words(
    sandbox: Sandbox, program: str, number: int, words: str
) -> None:
    started(sandbox)
    body = json.dumps({"program": program, "errno": number}).encode()
    sandbox.says(Kind.INIT_ERROR, {"type": "not started"}, body)
    sandbox.closes_its_ends()
    fault = {"type": "Runtime.InvalidEntrypoint", "body": b"", "words": words}
    assert sandbox.listener.told[1:] == [("init failed", fault)]


@pytest.mark.parametrize(
    ("kind", "meta", "body"),
    [
        (Kind.INIT_ERROR, {"type": "not started"}, b"[]"),
        (Kind.INIT_ERROR, {"type": "not started"}, b'{"program":"/p","errno":1e99}'),
        (Kind.INIT_DONE, {"peak": 1}, b""),
    ],
)
def test_anything_else_that_is_said_breaks_it(
    sandbox: Sandbox, kind: Kind, meta: object, body: bytes
) -> None:
    started(sandbox)
    sandbox.says(kind, meta, body)
    assert [what for what, _ in sandbox.listener.told] == ["waiting", "broken"]


def test_after_close_nothing_is_told_and_polls_are_dropped(sandbox: Sandbox) -> None:
    started(sandbox)
    polling = sandbox.asks_next()
    told = list(sandbox.listener.told)
    sandbox.channel.close()
    sandbox.channel.close()
    sandbox.closes_its_ends()
    assert polling.aborted
    assert sandbox.listener.told == told
