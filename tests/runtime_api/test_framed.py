"""The framed channel over real pipes."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lambent.runtime_api.framed import NEXT_PHASE, FramedChannel, Phase
from lambent.runtime_api.frames import HEADER_BYTES, LONGEST_BODY, Kind, head
from tests.runtime_api.recording_listener import RecordingListener
from tests.runtime_api.wire import ANSWER, FAULT, PEAK, SAID, START, WAY_TO, Wire, invocation


@pytest.fixture
def wire() -> Iterator[Wire]:
    with ExitStack() as cleanup:
        yield Wire(cleanup)


def test_an_invocation_from_the_first_frame_to_its_answer(wire: Wire) -> None:
    wire.say(Kind.WAITING, b"{}")
    wire.channel.start(START)
    heard = wire.hear()
    assert heard == head(Kind.START, heard[HEADER_BYTES:], body_length=0)
    assert json.loads(heard[HEADER_BYTES:]) == {"handler": "app.handler", "environ": {"A": "1"}}
    wire.say(Kind.INIT_DONE, PEAK)
    wire.channel.invoke(invocation())
    heard = wire.hear()
    meta = heard[HEADER_BYTES : -len(b'{"k":1}')]
    assert heard == head(Kind.INVOKE, meta, body_length=7) + b'{"k":1}'
    assert json.loads(meta) == {
        "id": "one",
        "deadline": 1_764_000_000_000,
        "arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        "trace": "Root=1-5759e988-bd862e3fe1be46a994272793",
        "context": "",
    }
    wire.say(Kind.RESPONSE, ANSWER, b"[1]")
    assert wire.listener.told == [
        ("waiting", {}),
        ("init finished", {"peak": 4096}),
        ("responded", {"id": "one", "body": b"[1]", "peak": 4096}),
    ]
    wire.go(Kind.INVOKE, Kind.ERROR)
    assert wire.last == (
        "failed",
        {"id": "one", "type": "ValueError", "body": b"{}", "peak": 4096},
    )
    assert wire.channel.phase is Phase.READY


def test_a_failed_init_is_told_and_nothing_after_it(wire: Wire) -> None:
    wire.go(Kind.WAITING, Kind.START, Kind.INIT_ERROR)
    fault = {"type": "Runtime.ImportModuleError", "body": b'{"errorMessage":"no"}'}
    assert wire.last == ("init failed", fault)
    wire.shut(wire.write)
    wire.loop.settle()
    assert wire.last == ("init failed", fault)


@pytest.mark.parametrize("phase", list(WAY_TO))
@pytest.mark.parametrize("kind", list(LONGEST_BODY))
def test_a_runtime_out_of_turn_is_broken(wire: Wire, phase: Phase, kind: int) -> None:
    wire.go(*WAY_TO[phase])
    assert wire.channel.phase is phase
    told = len(wire.listener.told)
    wire.say(kind, *SAID[Kind(kind)])
    if phase is Phase.FAILED:
        assert len(wire.listener.told) == told
    elif (phase, kind) in NEXT_PHASE:
        assert wire.channel.phase is NEXT_PHASE[(phase, Kind(kind))]
        assert wire.last[0] != "broken"
    else:
        words = f"the runtime said {Kind(kind).name} while it was {phase}"
        assert wire.last == ("broken", {"reason": words})
        assert wire.channel.phase is Phase.CLOSED


@pytest.mark.parametrize("phase", [*WAY_TO, Phase.CLOSED])
def test_an_order_out_of_turn_is_our_own_fault(wire: Wire, phase: Phase) -> None:
    if phase is Phase.CLOSED:
        wire.channel.close()
    else:
        wire.go(*WAY_TO[phase])
    if phase is not Phase.WAITING:
        with pytest.raises(RuntimeError, match=f"START while the channel is {phase}"):
            wire.channel.start(START)
    if phase is not Phase.READY:
        with pytest.raises(RuntimeError, match=f"INVOKE while the channel is {phase}"):
            wire.channel.invoke(invocation())


@pytest.mark.parametrize(
    ("kind", "meta", "body"),
    [
        (Kind.RESPONSE, b'{"id":"two","peak":1}', b"1"),
        (Kind.RESPONSE, b'{"id":"one"}', b"1"),
        (Kind.RESPONSE, b'{"id":"one","peak":-1}', b"1"),
        (Kind.RESPONSE, b'{"id":"one","peak":1e999}', b"1"),
        (Kind.RESPONSE, b'{"id":"one","peak":99999999999999999999999}', b"1"),
        (Kind.RESPONSE, b'{"id":"one","peak":1,"more":1}', b"1"),
        (Kind.RESPONSE, b'{"id":1,"peak":1}', b"1"),
        (Kind.RESPONSE, b'{"id":"\xff","peak":1}', b"1"),
        (Kind.RESPONSE, b"[]", b"1"),
        (Kind.RESPONSE, b"", b"1"),
        (Kind.RESPONSE, b"[" * 60_000, b"1"),
        (Kind.ERROR, b'{"id":"two","type":"E","peak":1}', b"{}"),
        (Kind.ERROR, FAULT, b"no json"),
        (Kind.ERROR, FAULT, b""),
        (Kind.ERROR, FAULT, b'"\xff"'),
        (Kind.ERROR, FAULT, b"[" * 100_000),
    ],
)
def test_what_is_malformed_is_broken(wire: Wire, kind: Kind, meta: bytes, body: bytes) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    wire.say(kind, meta, body)
    what, facts = wire.last
    assert what == "broken"
    assert facts["reason"].startswith(f"the runtime's {kind.name} is malformed: ")


def test_a_body_that_is_not_json_is_handed_on_for_a_handler_may_return_bytes(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    wire.say(Kind.RESPONSE, ANSWER, b"\x89PNG")
    assert wire.last == ("responded", {"id": "one", "body": b"\x89PNG", "peak": 4096})


def test_a_second_answer_in_the_same_breath_is_broken(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    frame = head(Kind.RESPONSE, ANSWER, body_length=1) + b"1"
    os.write(wire.write, frame * 2)
    wire.loop.settle()
    assert [what for what, _ in wire.listener.told[-2:]] == ["responded", "broken"]


def test_a_header_beyond_the_limits_is_broken(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    os.write(wire.write, b"\x13\0\0\0" + b"\xff" * 8)
    wire.loop.settle()
    assert wire.last == ("broken", {"reason": "a frame with 4294967295 bytes of meta"})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "the runtime closed its end"),
        (b"\x13", "the runtime closed within a frame"),
        (head(Kind.RESPONSE, ANSWER, body_length=9), "the runtime closed within a frame"),
    ],
)
def test_the_end_of_the_runtime_s_pipe_is_broken(wire: Wire, said: bytes, words: str) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    os.write(wire.write, said)
    wire.shut(wire.write)
    wire.loop.settle()
    assert wire.last == ("broken", {"reason": words})


def test_a_runtime_that_reads_no_more_is_broken_but_not_within_the_order(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.READY])
    told = len(wire.listener.told)
    wire.shut(wire.read)
    wire.channel.invoke(invocation())
    assert len(wire.listener.told) == told
    wire.loop.settle()
    assert wire.last == ("broken", {"reason": "the runtime takes nothing more: Broken pipe"})
    assert len(wire.listener.told) == told + 1


@pytest.mark.parametrize("size", [65_536, 65_537, 6_291_456])
def test_a_payload_larger_than_the_pipe_arrives(wire: Wire, size: int) -> None:
    wire.go(*WAY_TO[Phase.READY])
    payload = os.urandom(64) * (size // 64) + b"x" * (size % 64)
    wire.channel.invoke(invocation(payload=payload))
    heard = bytearray()
    while len(heard) < HEADER_BYTES + size:
        heard += wire.hear(1_048_576)
        wire.loop.settle()
    assert heard.endswith(payload)
    assert not wire.loop.writers
    wire.say(Kind.RESPONSE, ANSWER, b"1")
    assert wire.last[0] == "responded"


def test_a_runtime_that_goes_while_it_is_written_to_is_broken(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.READY])
    wire.channel.invoke(invocation(payload=b"1" * 6_000_000))
    wire.shut(wire.read)
    wire.loop.settle()
    assert wire.last == ("broken", {"reason": "the runtime takes nothing more: Broken pipe"})


def test_an_answer_before_the_order_is_read_is_broken(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.READY])
    wire.channel.invoke(invocation(payload=b"1" * 6_000_000))
    wire.say(Kind.RESPONSE, ANSWER, b"1")
    words = "the runtime said RESPONSE before it had read its order"
    assert wire.last == ("broken", {"reason": words})


@pytest.mark.parametrize("size", [65_536, 65_537, 6_291_556])
def test_a_large_answer_arrives(wire: Wire, size: int) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    body = os.urandom(64) * (size // 64) + b"x" * (size % 64)
    wire.say(Kind.RESPONSE, ANSWER, body)
    assert wire.last == ("responded", {"id": "one", "body": body, "peak": 4096})


def test_nothing_is_told_after_close_which_may_come_twice(wire: Wire) -> None:
    wire.go(*WAY_TO[Phase.BUSY])
    told = len(wire.listener.told)
    os.write(wire.write, head(Kind.RESPONSE, ANSWER, body_length=1) + b"1")
    wire.channel.close()
    wire.channel.close()
    wire.loop.settle()
    assert len(wire.listener.told) == told


def test_a_listener_that_closes_is_told_nothing_of_the_same_gulp(wire: Wire) -> None:
    class Closing(RecordingListener):
        def runtime_waiting(self) -> None:
            super().runtime_waiting()
            channel.close()

    listener = Closing()
    wire.channel.close()
    engine_read, write = os.pipe()
    wire.descriptors |= {engine_read, write}
    channel = FramedChannel(requests=-1, responses=engine_read, listener=listener, loop=wire.loop)
    os.write(write, head(Kind.WAITING, b"{}", body_length=0) * 2)
    wire.loop.settle()
    assert listener.told == [("waiting", {})]
