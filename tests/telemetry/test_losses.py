"""What is told of lost lines."""

from lambent.model.logs import LogLine, LogStreamKey
from lambent.telemetry.losses import Losses
from tests.fakes.clock import ManualClock

A = LogStreamKey("1", "r", "g", "a")
B = LogStreamKey("1", "r", "g", "b")


def test_a_loss_is_counted_by_stream_and_told_once() -> None:
    losses = Losses(clock=ManualClock(epoch_ms=5))
    losses.add(A, [LogLine(1, b"one\ntwo\n", many=True), LogLine(1, b"REPORT\nXRAY\n")])
    losses.add(A, [LogLine(2, b"unfinished", many=True)])
    losses.add(B, [LogLine(2, b"x\n")])
    told = losses.take(A)
    assert told is not None
    assert told.epoch_ms == 5
    assert told.message.startswith(b"[lambent] 4 log lines (30 bytes) are missing here")
    assert losses.take(A) is None
    assert [key for key, _ in losses.take_all()] == [B]
    assert not losses


def test_losses_of_endless_streams_take_no_endless_memory() -> None:
    losses = Losses(clock=ManualClock())
    for i in range(10_500):
        losses.add(A._replace(stream=str(i)), [LogLine(1, b"x\n")])
    assert len(losses.take_all()) == 10_000
