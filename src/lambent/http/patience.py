"""How long a connection may take; in seconds of the house's coarse clock."""

from lambent.http.limits import HttpLimits


class Patience:
    """The deadlines of one connection. Time in which we do not read is not counted against the client."""

    __slots__ = (
        "_body_bytes",
        "_body_since",
        "_discarded",
        "_limits",
        "_unread",
        "_unread_since",
        "head_since",
        "since",
    )

    def __init__(self, *, limits: HttpLimits) -> None:
        self._limits = limits
        self.since = 0
        """When something last happened."""
        self._body_since = self._unread_since = 0
        self.head_since: int | None = None
        """When part of a head came that is not whole yet."""
        self._body_bytes = self._unread = self._discarded = 0

    def idle_too_long(self, now: int) -> bool:
        """Whether the connection has been of no use for too long."""
        return now - self.since > self._limits.idle_seconds

    def head_too_slow(self, now: int) -> bool:
        """Whether a head has been begun and not finished."""
        return self.head_since is not None and now - self.head_since > self._limits.head_seconds

    def begin_body(self, now: int) -> None:
        """A body is awaited."""
        self.since = self._body_since = now
        self._body_bytes = 0

    def received(self, size: int, now: int) -> None:
        """Some of it came."""
        self._body_bytes += size
        self.since = now

    def resumed(self, now: int) -> None:
        """Reading goes on after we held it back: the time between is ours."""
        self._body_since += now - self.since
        self.since = now

    def body_too_slow(self, now: int) -> bool:
        """Whether the body has stalled, or trickles."""
        if now - self.since > self._limits.body_stall_seconds:
            return True
        beyond_grace = now - self._body_since - self._limits.body_grace_seconds
        return (
            beyond_grace > 0
            and self._body_bytes < beyond_grace * self._limits.body_bytes_per_second
        )

    def reads_nothing(self, size: int, now: int) -> bool:
        """Whether the client has read nothing for too long, `size` being what waits now."""
        if size != self._unread:
            self._unread, self._unread_since = size, now
        return size > 0 and now - self._unread_since > self._limits.answer_stall_seconds

    def discarded(self, size: int) -> bool:
        """Count input that nobody wants; whether it is too much."""
        self._discarded += size
        return self._discarded > self._limits.linger_bytes

    def lingered_enough(self, now: int) -> bool:
        """Whether the client had time enough to read its answer."""
        return now - self.since > self._limits.linger_seconds
