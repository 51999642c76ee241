"""The edge's side of the feed: keeps a resolver at what control says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Never

import msgspec

from lambent.catalog.feed_messages import (
    Acknowledged,
    FromControl,
    Guide,
    Load,
    ProtocolError,
    Put,
    Remove,
    Standing,
    framed,
    received,
)
from lambent.catalog.resolver import Resolver
from lambent.kit.backoff import Backoff
from lambent.model.concurrency import ProvisionedStanding
from lambent.model.function import FunctionKey

logger = logging.getLogger(__name__)

_BACKOFF: Final = Backoff(
    first_seconds=0.02, longest_seconds=0.1
)  # a unix socket of our own: trying costs nothing


class FeedClient:
    """Follows the feed at `path` into `resolver`; while control is away, what is known stays known."""

    def __init__(
        self,
        *,
        path: Path,
        resolver: Resolver,
        backoff: Backoff = _BACKOFF,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._path, self._resolver = path, resolver
        self._backoff, self._sleep = backoff, sleep
        self._loaded = asyncio.Event()
        self._attempt = 0
        self._standings: dict[tuple[FunctionKey, str], ProvisionedStanding] = {}
        self._writer: asyncio.StreamWriter | None = None
        """Of a connection over which everything was loaded."""

    @property
    def loaded(self) -> asyncio.Event:
        """Set once everything was loaded for the first time: from then on the edge may serve."""
        return self._loaded

    def report(self, standing: ProvisionedStanding) -> None:
        """Tell control how a provisioned concurrency stands; a control that comes later is told, too."""
        key = (standing.key, standing.qualifier)
        if standing.requested:
            self._standings[key] = standing
        else:
            self._standings.pop(key, None)
        if self._writer is not None:
            self._writer.write(framed(Standing(standing=standing)))

    async def run(self) -> Never:
        """Follow the feed until cancelled, connecting again whenever it breaks."""
        while True:
            await self._sleep(self._backoff.before(self._attempt))
            self._attempt += 1
            try:
                await self._follow()
            except ProtocolError as error:
                logger.warning("control does not speak the feed's protocol: %s", error)
            except (EOFError, OSError) as error:
                # That control was away already nobody need be told again.
                level = logging.DEBUG if self._attempt else logging.INFO
                logger.log(level, "the feed from control broke: %s", error)

    async def _follow(self) -> Never:
        """Load and apply changes. Raises ProtocolError, EOFError or OSError when that ends."""
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        decoder = msgspec.msgpack.Decoder(FromControl)
        try:
            first = await received(reader, decoder)
            if not isinstance(first, Load):
                raise ProtocolError("a change before everything was loaded")
            change: FromControl = first
            while True:
                if isinstance(change, Load):
                    sequence = await self._load(change, reader, decoder)
                    self._report_to(writer)
                else:
                    sequence = self._apply(change)
                writer.write(framed(Acknowledged(sequence=sequence)))
                change = await received(reader, decoder)
        finally:
            self._writer = None
            writer.close()

    def _report_to(self, writer: asyncio.StreamWriter) -> None:
        """Tell everything there is to be told, unless this control knows it already, and from now on each change."""
        if self._writer is not writer:
            self._writer = writer
            for standing in tuple(self._standings.values()):
                writer.write(framed(Standing(standing=standing)))

    async def _load(
        self,
        piece: Load,
        reader: asyncio.StreamReader,
        decoder: msgspec.msgpack.Decoder[FromControl],
    ) -> int:
        """Read on from the first piece to the last, and know all of that and nothing else."""
        versions, traffic = list(piece.versions), list(piece.traffic)
        while not piece.last:
            following = await received(reader, decoder)
            if not isinstance(following, Load):
                raise ProtocolError("a change within a load")
            piece = following
            versions += piece.versions
            traffic += piece.traffic
        self._resolver.load(versions, traffic)
        self._attempt = 0
        self._loaded.set()
        return piece.sequence

    def _apply(self, change: Put | Remove | Guide) -> int:
        if isinstance(change, Put):
            self._resolver.put(change.version)
        elif isinstance(change, Guide):
            self._resolver.guide(change.traffic)
        else:
            self._resolver.remove(change.key)
        return change.sequence
