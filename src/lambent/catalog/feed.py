"""Control's side of the feed: tells each edge what functions there are, once in full and then every change."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Never, Protocol, Self

import msgspec

from lambent.catalog.feed_messages import (
    LOAD_PIECE,
    FromControl,
    FromEdge,
    Guide,
    Load,
    ProtocolError,
    Put,
    Remove,
    Standing,
    framed,
    received,
)
from lambent.model.concurrency import ProvisionedStanding
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.model.traffic import Traffic
from lambent.state.functions import StoredFunction

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 5.0


class Source(Protocol):
    """Where the feed reads what is true; `feed_source.FeedSource` is one."""

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one version of a function."""
        ...

    async def everything(self) -> Sequence[StoredFunction]:
        """Read all versions of all functions."""
        ...

    async def traffic(self, key: FunctionKey) -> Traffic:
        """Read what the edge is to know of a function as a whole."""
        ...

    async def all_traffic(self) -> Sequence[Traffic]:
        """Read that of every function of which there is something to know."""
        ...


class _Edge:
    """A connected edge: what it was sent, and what it has acknowledged."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._sent, self._acknowledged = 0, -1
        self._progress = asyncio.Event()
        self.gone = False
        self.standings: dict[tuple[FunctionKey, str], ProvisionedStanding] = {}

    def send(self, message: bytes, *, sequence: int) -> None:
        self._sent = sequence
        self._writer.write(message)

    def acknowledge(self, sequence: int) -> None:
        if sequence > self._sent:
            raise ProtocolError(f"acknowledged {sequence} before it was sent")
        self._acknowledged = sequence
        self._move()

    def stands(self, standing: ProvisionedStanding) -> None:
        key = (standing.key, standing.qualifier)
        if standing.requested:
            self.standings[key] = standing
        else:
            self.standings.pop(key, None)

    def behind(self, sequence: int) -> bool:
        return self._acknowledged < sequence and not self.gone

    def drop(self) -> None:
        """Close the connection; whoever waits for it waits no longer."""
        self.gone = True
        self._writer.transport.abort()
        self._move()

    async def reached(self, sequence: int) -> None:
        """Wait until it has acknowledged `sequence` or is gone. The caller limits the time."""
        while self.behind(sequence):
            await self._progress.wait()

    def _move(self) -> None:
        self._progress.set()
        self._progress = asyncio.Event()


class FeedServer:
    """Listens at `path` once entered; `run` serves the edges.

    What it sends it reads from `source` at that moment and one thing at a time, so that neither a load and a change nor
    two changes of one function can overtake one another, whoever asked first.
    """

    def __init__(
        self, *, path: Path, source: Source, patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        self._path, self._source, self._patience_seconds = path, source, patience_seconds
        self._edges: set[_Edge] = set()
        self._one_at_a_time = asyncio.Lock()
        self._joined = asyncio.Event()
        self._sequence = 0
        self._changing: Counter[FunctionKey] = Counter()
        self._settled = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._path.unlink(missing_ok=True)  # of one that was killed; RUN is ours alone
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self._path.unlink(missing_ok=True)

    async def run(self) -> Never:
        """Serve edges until cancelled, which disconnects them."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                connection, _ = await loop.sock_accept(self._listener)
                group.create_task(self._serve(connection), name="feed to an edge")

    async def joined(self) -> None:
        """Wait until an edge has loaded everything for the first time. The caller limits the time.

        Control opens its own door only then: an edge that outlived control would not know of what is written before.
        """
        await self._joined.wait()

    async def publish(self, key: FunctionKey) -> None:
        """Tell the edges what `key` stands for now; they know when this returns.

        Waits for those that are connected now, each at most for `patience_seconds`: one that does not answer is
        disconnected, and loads everything anew. With none connected it returns at once.
        """

        async def change(sequence: int) -> Sequence[FromControl]:
            return [_change(key, await self._source.get(key), sequence)]

        await self._tell(change)

    async def publish_removed(self, key: FunctionKey) -> None:
        """As `publish`, for a version or, with $LATEST, a function that was deleted and may be there again already."""

        async def change(sequence: int) -> Sequence[FromControl]:
            now = _change(key, await self._source.get(key), sequence)
            before = Remove(sequence=sequence - 1, key=key)
            return [now] if isinstance(now, Remove) else [before, now]

        await self._tell(change)

    async def publish_traffic(self, key: FunctionKey) -> None:
        """As `publish`, of what is to be known of the function of `key` as a whole."""

        async def change(sequence: int) -> Sequence[FromControl]:
            return [Guide(sequence=sequence, traffic=await self._source.traffic(key.latest))]

        await self._tell(change)

    async def _tell(self, change: Callable[[int], Awaitable[Sequence[FromControl]]]) -> None:
        async with self._one_at_a_time:
            if not self._edges:
                return
            self._sequence += 2  # one for what goes before
            sequence = self._sequence
            messages = [framed(message) for message in await change(sequence)]
            told = tuple(self._edges)
            for edge in told:
                edge.send(b"".join(messages), sequence=sequence)
        await self._acknowledged(told, sequence)

    async def reload(self) -> None:
        """Tell the edges everything there is now, in place of all that they know; waits as `publish` does."""
        async with self._one_at_a_time:
            if not self._edges:
                return
            self._sequence += 1
            sequence, told = self._sequence, tuple(self._edges)
            for message in await self._everything():
                for edge in told:
                    edge.send(message, sequence=sequence)
        await self._acknowledged(told, sequence)

    async def _acknowledged(self, told: Sequence[_Edge], sequence: int) -> None:
        try:
            async with asyncio.timeout(self._patience_seconds):
                for edge in told:
                    await edge.reached(sequence)
        except TimeoutError:
            self._drop_the_slow(told, sequence)

    def standing(self, key: FunctionKey, qualifier: str) -> ProvisionedStanding | None:
        """How far the edges are with the provisioned concurrency of a function's qualifier; None if none has told it."""
        told = [
            standing
            for edge in self._edges
            if (standing := edge.standings.get((key.latest, qualifier))) is not None
        ]
        if not told:
            return None
        return ProvisionedStanding(
            key=key.latest,
            qualifier=qualifier,
            requested=max(one.requested for one in told),
            allocated=sum(one.allocated for one in told),
            available=sum(one.available for one in told),
            failure=next((one.failure for one in told if one.failure), ""),
        )

    @contextmanager
    def changing(self, key: FunctionKey) -> Iterator[None]:
        """Change `key` within the block, and publish it there; meanwhile `settled` holds back whoever has read it."""
        self._changing[key] += 1
        try:
            yield
        finally:
            self._changing[key] -= 1
            if not self._changing[key]:
                del self._changing[key]
            self._settled.set()
            self._settled = asyncio.Event()

    async def settled(self, key: FunctionKey) -> None:
        """Return once the edges know every state of `key` that can have been read so far: nobody is told more than they do."""
        while key in self._changing:
            await self._settled.wait()  # ended by publish, whose patience is bounded

    def _drop_the_slow(self, told: Sequence[_Edge], sequence: int) -> None:
        for edge in told:
            if edge.behind(sequence):
                logger.warning(
                    "an edge did not acknowledge a change in %s s", self._patience_seconds
                )
                edge.drop()

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        edge = _Edge(writer)
        decoder: msgspec.msgpack.Decoder[FromEdge] = msgspec.msgpack.Decoder(FromEdge)
        try:
            await self._load(edge)
            while True:
                message = await received(reader, decoder)
                if isinstance(message, Standing):
                    edge.stands(message.standing)
                    continue
                edge.acknowledge(message.sequence)
                self._joined.set()
        except ProtocolError as error:
            logger.warning("an edge does not speak the feed's protocol: %s", error)
        except (EOFError, OSError):
            logger.info("an edge has gone")
        # Seam, a background loop: what goes wrong with one edge must not end the feed of the others.
        except Exception:
            logger.exception("the feed to an edge broke")
        finally:
            self._edges.discard(edge)
            edge.drop()
            writer.close()

    async def _load(self, edge: _Edge) -> None:
        async with self._one_at_a_time:
            for message in await self._everything():
                edge.send(message, sequence=self._sequence)
            self._edges.add(edge)

    async def _everything(self) -> Sequence[bytes]:
        """A load in pieces, of the current sequence."""
        versions = [_as_run(stored) for stored in await self._source.everything()]
        traffic = await self._source.all_traffic()
        most = max(len(versions), len(traffic), 1)
        return [
            framed(
                Load(
                    sequence=self._sequence,
                    versions=versions[begin : begin + LOAD_PIECE],
                    traffic=traffic[begin : begin + LOAD_PIECE],
                    last=begin + LOAD_PIECE >= most,
                )
            )
            for begin in range(0, most, LOAD_PIECE)
        ]


def _as_run(stored: StoredFunction) -> FunctionVersion:
    return stored.active or stored.configured


def _change(key: FunctionKey, stored: StoredFunction | None, sequence: int) -> Put | Remove:
    if stored is None:
        return Remove(sequence=sequence, key=key)
    return Put(sequence=sequence, version=_as_run(stored))
