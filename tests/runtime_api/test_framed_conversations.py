"""The framed channel over real pipes: whole conversations, whatever the pieces."""

import asyncio
import json
import os
from contextlib import ExitStack
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lambent.runtime_api.framed import FramedChannel, Phase
from lambent.runtime_api.frames import Kind, head
from tests.runtime_api.recording_listener import RecordingListener, Told
from tests.runtime_api.wire import START, WAY_TO, Wire, invocation


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=80), max_size=6), st.sampled_from(list(WAY_TO)))
def test_junk_never_does_worse_than_break(pieces: list[bytes], phase: Phase) -> None:
    with ExitStack() as cleanup:
        wire = Wire(cleanup)
        wire.go(*WAY_TO[phase])
        for piece in pieces:
            os.write(wire.write, piece)
            wire.loop.settle()
        assert [what for what, _ in wire.listener.told].count("broken") <= 1


class Conversation(RuleBasedStateMachine):
    """A well-behaved runtime whose frames arrive in pieces of any size is understood word for word."""

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        self.wire = Wire(self.cleanup)
        self.coming = self.frame(Kind.WAITING, b"{}", b"")
        self.expected: list[Told] = []
        self.next_told: Told = ("waiting", {})
        self.count = 0

    def frame(self, kind: Kind, meta: bytes, body: bytes) -> bytes:
        return head(kind, meta, body_length=len(body)) + body

    @precondition(lambda self: self.coming)
    @rule(size=st.integers(1, 50_000))
    def a_piece_comes(self, size: int) -> None:
        piece, self.coming = self.coming[:size], self.coming[size:]
        os.write(self.wire.write, piece)
        if not self.coming:
            self.expected.append(self.next_told)
        self.wire.loop.settle()

    @precondition(lambda self: self.wire.channel.phase is Phase.WAITING)
    @rule(fails=st.booleans())
    def the_engine_starts_it(self, fails: bool) -> None:
        self.wire.channel.start(START)
        self.wire.hear()
        if fails:
            self.coming = self.frame(Kind.INIT_ERROR, b'{"type":"E"}', b"{}")
            self.next_told = ("init failed", {"type": "E", "body": b"{}"})
        else:
            self.coming = self.frame(Kind.INIT_DONE, b'{"peak":0}', b"")
            self.next_told = ("init finished", {"peak": 0})

    @precondition(lambda self: self.wire.channel.phase is Phase.READY)
    @rule(body=st.binary(max_size=40) | st.just(b"7" * 150_000), fails=st.booleans())
    def the_engine_invokes_it(self, body: bytes, fails: bool) -> None:
        self.count += 1
        name = f"request-{self.count}"
        self.wire.channel.invoke(invocation(name))
        assert name.encode() in self.wire.hear()
        meta: dict[str, Any] = {"id": name, "peak": self.count}
        facts = {"id": name, "body": body, "peak": self.count}
        if fails:
            meta["type"] = facts["type"] = "E"
            facts["body"] = body = json.dumps(body.hex()).encode()
        kind = Kind.ERROR if fails else Kind.RESPONSE
        self.coming = self.frame(kind, json.dumps(meta).encode(), body)
        self.next_told = ("failed" if fails else "responded", facts)

    @rule()
    def time_passes(self) -> None:
        self.wire.loop.settle()

    @invariant()
    def all_was_told_and_no_more(self) -> None:
        assert self.wire.listener.told == self.expected

    def teardown(self) -> None:
        self.cleanup.close()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=60, deadline=None)


async def test_it_works_on_a_running_loop() -> None:
    with ExitStack() as cleanup:
        read, engine_write = os.pipe()
        engine_read, write = os.pipe()
        for descriptor in (read, engine_write, engine_read, write):
            cleanup.callback(os.close, descriptor)
        os.set_blocking(engine_read, False)
        listener = RecordingListener()
        channel = FramedChannel(
            requests=engine_write,
            responses=engine_read,
            listener=listener,
            loop=asyncio.get_running_loop(),
        )
        cleanup.callback(channel.close)
        os.write(write, head(Kind.WAITING, b"{}", body_length=0))
        async with asyncio.timeout(10):
            assert await listener.next() == ("waiting", {})
