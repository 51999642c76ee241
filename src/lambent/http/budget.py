"""How many bytes of bodies may be held at once, over all connections of a server."""

from collections import deque
from collections.abc import Callable


class Share:
    """A body's part of the budget; given back by `release`, at the latest when nobody holds the share any more."""

    __slots__ = ("_budget", "_granted", "size")

    def __init__(self, budget: "Budget", size: int) -> None:
        self._budget: Budget | None = budget
        self._granted: Callable[[], None] | None = None
        self.size = size

    @property
    def waiting(self) -> bool:
        """Whether it is not granted yet."""
        return self._granted is not None

    def wait(self, granted: Callable[[], None]) -> None:
        """Have `granted` called once there is room."""
        self._granted = granted

    def grant(self) -> None:
        """Tell who waits that there is room now."""
        granted, self._granted = self._granted, None
        if granted is not None:
            granted()

    def shrink(self, size: int) -> None:
        """Keep only `size` bytes of a granted share."""
        if self._budget is not None and size < self.size:
            surplus, self.size = self.size - size, size
            self._budget.give_back(surplus)

    def release(self) -> None:
        """Give the bytes back, or stop waiting for them. May be called again."""
        budget, self._budget = self._budget, None
        if budget is None:
            return
        waiting, self._granted = self.waiting, None
        budget.give_back(0 if waiting else self.size)

    def __del__(self) -> None:
        self.release()


class Budget:
    """Grants shares in the order they were asked for, each whole: what was granted can always come to its end.

    A share larger than everything is granted once nothing else is held.
    """

    def __init__(self, *, size: int) -> None:
        self._size, self._held = size, 0
        self._queue: deque[Share] = deque()

    @property
    def held(self) -> int:
        """Bytes granted and not given back."""
        return self._held

    def charge(self, size: int) -> Share:
        """A share that is not made to wait: for what is held already."""
        self._held += size
        return Share(self, size)

    def ask(self, size: int, granted: Callable[[], None]) -> Share:
        """A share for `size` bytes; if it is `waiting`, `granted` is called later, when there is room."""
        if not self._queue and self._fits(size):
            return self.charge(size)
        share = Share(self, size)
        share.wait(granted)
        self._queue.append(share)
        return share

    def give_back(self, size: int) -> None:
        """Count `size` bytes as free again, and grant what fits now."""
        self._held -= size
        while self._queue and (not self._queue[0].waiting or self._fits(self._queue[0].size)):
            share = self._queue.popleft()
            if share.waiting:
                self._held += share.size
                share.grant()

    def _fits(self, size: int) -> bool:
        return self._held + size <= self._size or self._held == 0
