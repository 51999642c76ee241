"""The thread between the event loop and the durable logs.

Lines wait in a queue that is bounded in bytes. Readers of output pause while it is half full, so that it overflows only by
lines that nobody can hold back; those are counted, and their stream says how many are missing and where.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from lambent.kit.backoff import Backoff
from lambent.kit.clock import Clock
from lambent.model.logs import LogLine, LogStreamKey
from lambent.state.log_events import LogStoreUnavailable, LogWriter
from lambent.telemetry.losses import Losses

_log = logging.getLogger(__name__)
_LINE_BYTES = 100
"""What a line takes in memory beside its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterLimits:
    """How much may wait, and how long."""

    queue_bytes: int = 64 << 20
    commit_bytes: int = 4 << 20
    """The most that one transaction takes."""
    hurry_bytes: int = 1 << 20
    """With so much waiting, lingering ends."""
    linger_seconds: float = 0.05
    """Between two commits, so that busy streams share one; the first line after a rest doesn't wait."""
    close_seconds: float = 10.0
    """How long `close` goes on trying to write."""
    backoff: Backoff = field(
        default_factory=lambda: Backoff(first_seconds=0.1, longest_seconds=5.0)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What the thread does next: clear if anybody waits for it, then write."""

    clearing: Sequence[Future[None]]
    batch: Mapping[LogStreamKey, list[LogLine]]
    size: int


class LogWriterThread:
    """A LogSink whose lines are written by a thread of its own. Open it with `async with`."""

    def __init__(
        self,
        *,
        open_store: Callable[[], LogWriter],
        clock: Clock,
        limits: WriterLimits | None = None,
    ) -> None:
        self._open_store = open_store
        self._limits = limits or WriterLimits()
        self._pause_bytes = self._limits.queue_bytes // 2
        self._turn = threading.Condition()
        # All below is shared with the thread, under `_turn`.
        self._queue: deque[tuple[LogStreamKey, Sequence[LogLine], int]] = deque()
        self._clearing: list[Future[None]] = []
        self._held_bytes = 0
        self._losses = Losses(clock=clock)
        self._idle = self._closing = self._abandoned = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log-writer")
        self._done: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        """Open the store in the thread; raises what `open_store` raises."""
        opening = self._thread.submit(self._open_store)
        try:
            store = await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_what_was_opened)
            self._thread.shutdown(wait=False)
            raise
        except BaseException:
            self._thread.shutdown()  # it has nothing more to do
            raise
        self._done = asyncio.get_running_loop().run_in_executor(self._thread, self._run, store)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """As `close`."""
        await self.close()

    @property
    def congested(self) -> bool:
        """Whether so much waits that readers of output should pause for a moment."""
        return self._held_bytes > self._pause_bytes

    def append(self, key: LogStreamKey, lines: Sequence[LogLine]) -> None:
        """Queue `lines` in their order; returns at once and never raises. The caller changes them no more."""
        size = sum([len(line.message) for line in lines]) + _LINE_BYTES * len(lines)
        with self._turn:
            if self._closing or self._held_bytes + size > self._limits.queue_bytes:
                self._losses.add(key, lines)
                self._turn.notify()
                return
            if self._losses and (missing := self._losses.take(key)):
                lines = [missing, *lines]
            self._held_bytes += size
            self._queue.append((key, lines, size))
            if self._idle or self._held_bytes >= self._limits.hurry_bytes:
                self._turn.notify()

    async def clear(self) -> None:
        """Remove all that is stored and all that was queued before; lines that come later stay.

        Raises LogStoreUnavailable when it can't be removed now, or the thread ends first. Cancelling stops the waiting.
        """
        cleared: Future[None] = Future()
        with self._turn:
            if self._closing:
                raise LogStoreUnavailable("the daemon is stopping")
            self._held_bytes -= sum(size for _, _, size in self._queue)
            self._queue.clear()
            self._losses.take_all()
            self._clearing.append(cleared)
            self._turn.notify()
        await asyncio.wrap_future(cleared)

    async def close(self) -> None:
        """Write what waits, then end the thread; lines that come later are lost. May be called again.

        When the store can't be written for `close_seconds`, what is left is given up and the daemon's log says so.
        Cancelling gives up at once, and returns when the thread has ended.
        """
        done, self._done = self._done, None
        if done is None:
            return
        with self._turn:
            self._closing = True
            self._turn.notify()
        try:
            async with asyncio.timeout(self._limits.close_seconds):
                await asyncio.shield(done)
        except TimeoutError:
            _log.error("the logs that still waited could not be written")
        finally:
            with self._turn:
                self._abandoned = True
                self._turn.notify()
            await done  # ends with the store's own lock timeout at the latest
            self._thread.shutdown(wait=True)

    def _run(self, store: LogWriter) -> None:
        try:
            while work := self._next_work():
                self._clear(store, work.clearing)
                if work.batch:
                    self._write(store, work.batch)
                with self._turn:
                    self._held_bytes -= work.size
        finally:
            store.close()

    def _next_work(self) -> "_Work | None":
        """Wait for lines and take them; None when closing and nothing is left."""
        with self._turn:
            self._turn.wait_for(self._in_a_hurry, timeout=self._limits.linger_seconds)
            self._idle = True
            self._turn.wait_for(
                lambda: self._queue or self._losses or self._clearing or self._closing
            )
            self._idle = False
            clearing, self._clearing = self._clearing, []
            batch: dict[LogStreamKey, list[LogLine]] = {}
            taken = 0
            while self._queue and taken < self._limits.commit_bytes:
                key, lines, size = self._queue.popleft()
                batch.setdefault(key, []).extend(lines)
                taken += size
            if self._losses and not self._queue:
                for key, missing in self._losses.take_all():
                    batch.setdefault(key, []).append(missing)
        return _Work(clearing=clearing, batch=batch, size=taken) if batch or clearing else None

    def _in_a_hurry(self) -> bool:
        return self._closing or bool(self._clearing) or self._held_bytes >= self._limits.hurry_bytes

    def _write(self, store: LogWriter, batch: Mapping[LogStreamKey, list[LogLine]]) -> None:
        """Store `batch`, however often that has to be tried."""
        attempt = 0
        while not self._stored(store, batch, attempt):
            attempt += 1
            with self._turn:
                wait = self._limits.backoff.before(attempt)
                self._turn.wait_for(lambda: self._abandoned or self._clearing, timeout=wait)
                if self._clearing:  # it goes with all that is stored
                    return
                if self._abandoned:
                    _log.error("%s streams lost lines: the store cannot be written", len(batch))
                    return
        if attempt:
            _log.info("logs are written again")

    @staticmethod
    def _clear(store: LogWriter, waiting: Sequence["Future[None]"]) -> None:
        """Clear the store if anybody waits for that, and tell them."""
        waiting = [cleared for cleared in waiting if cleared.set_running_or_notify_cancel()]
        if not waiting:
            return
        try:
            store.clear()
        except Exception as error:  # noqa: BLE001 - the seam of this background loop: it is told to who waits
            for cleared in waiting:
                cleared.set_exception(error)
            return
        for cleared in waiting:
            cleared.set_result(None)

    @staticmethod
    def _stored(
        store: LogWriter, batch: Mapping[LogStreamKey, list[LogLine]], attempt: int
    ) -> bool:
        try:
            store.append(list(batch.items()))
        except LogStoreUnavailable as error:
            if attempt == 0:
                _log.error("logs cannot be written now, trying again: %s", error)
            return False
        except Exception:  # noqa: BLE001 - the seam of this background loop: a fault of ours costs one batch only
            _log.exception("a batch of log lines was lost")
        return True


def _close_what_was_opened(opening: Future[LogWriter]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
