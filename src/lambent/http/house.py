"""What all connections of one server share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lambent.http.budget import Budget
from lambent.http.exchange import Headers
from lambent.http.limits import HttpLimits
from lambent.http.render import date_line
from lambent.kit.clock import Clock
from lambent.kit.wheel import Timer, TimerWheel


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedAnswer:
    """An answer that needs no thought."""

    status: int
    headers: Headers
    body: bytes


PLAIN_FAILURE = CannedAnswer(
    status=500,
    headers=((b"Content-Type", b"application/json"),),
    body=b'{"message":"Internal server error"}',
)


class Guest(Protocol):
    """A connection as the house sees it."""

    def check(self, now: int) -> None:
        """Close if a deadline has passed; `now` is in seconds of the house."""
        ...

    def retire(self) -> None:
        """Close once what runs is finished."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class House:
    """Limits, budget, a coarse clock and the list of connections.

    Deadlines of HTTP are coarse: one sweep a second over all connections costs nothing on a request's way, where a timer
    each would. No timer runs while nobody is connected.
    """

    def __init__(
        self, *, clock: Clock, wheel: TimerWheel, limits: HttpLimits, failure: CannedAnswer
    ) -> None:
        self.limits, self.failure = limits, failure
        self.date = b""
        """The `Date` header's line, as of the last beat."""
        self.budget = Budget(size=limits.bytes_in_flight)
        self.scratch = bytearray(262_144)
        """Where all connections read: the loop fills it and has it read before it turns to the next one."""
        self.scratch_view = memoryview(self.scratch)
        self.draining = False
        self.now = 0
        self._clock, self._wheel = clock, wheel
        self._origin = clock.monotonic()
        self._guests: set[Guest] = set()
        self._apart = 0
        self._sweep: Timer | None = None
        self._emptied: Callable[[], None] | None = None

    @property
    def full(self) -> bool:
        """Whether another connection would be one too many."""
        return len(self._guests) - self._apart > self.limits.connections

    @property
    def guests(self) -> int:
        """How many connections there are."""
        return len(self._guests)

    def enter(self, guest: Guest, *, apart: bool = False) -> None:
        """A connection was made; `apart` from those that `full` counts."""
        if self._sweep is None:
            self._beat()  # before it is a guest: the clock stood still, and it would be judged by the time before it came
        self._guests.add(guest)
        self._apart += apart

    def leave(self, guest: Guest, *, apart: bool = False) -> None:
        """A connection is no more; `apart` as it entered."""
        self._apart -= apart
        self._guests.discard(guest)
        if not self._guests:
            if self._sweep is not None:
                self._sweep.cancel()
                self._sweep = None
            if self._emptied is not None:
                self._emptied()

    def drain(self, emptied: Callable[[], None]) -> None:
        """Keep no connection alive any longer; call `emptied` when the last is gone."""
        self.draining = True
        self._emptied = emptied
        for guest in tuple(self._guests):
            guest.retire()
        if not self._guests:
            emptied()

    def abort(self) -> None:
        """Close every connection at once."""
        for guest in tuple(self._guests):
            guest.abort()

    def _beat(self) -> None:
        self.date = date_line(self._clock.epoch_ms())
        self.now = int(self._clock.monotonic() - self._origin)
        self._sweep = self._wheel.set(1.0, self._beat)
        for guest in tuple(self._guests):
            guest.check(self.now)
