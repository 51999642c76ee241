"""Control's side of a reset: it deletes functions and layers, and later the packages that nothing refers to."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from lambent.gateway.quiet import Quiet
from lambent.gateway.reset import FORGET_FUNCTIONS, FORGET_PACKAGES
from lambent.http.exchange import Exchange

_JSON: Final = ((b"Content-Type", b"application/json"),)
_MOST_BODY: Final = 1_024

logger = logging.getLogger(__name__)


class Functions(Protocol):
    """The durable functions; `state.functions.Functions` is one."""

    async def clear(self) -> int:
        """Remove every function and layer, and all that is kept beside them; how many functions there were."""
        ...


class InUse(Protocol):
    """Who knows what is referred to; `catalog.in_use.InUse` does."""

    async def names(self) -> frozenset[str]:
        """The packages, and trees, that a function or a layer refers to."""
        ...


class Feed(Protocol):
    """Whoever tells the edge; `catalog.feed.FeedServer` does."""

    async def reload(self) -> None:
        """Tell everything anew; return once the edge knows."""
        ...


class Packages(Protocol):
    """The packages; `catalog.code_store.CodeStore` has them."""

    async def collect(self, in_use: frozenset[str]) -> None:
        """Remove what is not in use."""
        ...


class ControlReset:
    """Answers the two orders of `gateway.reset`; nobody but the edge reaches it."""

    def __init__(
        self,
        *,
        functions: Functions,
        in_use: InUse,
        feed: Feed,
        packages: Packages,
        quiet: Quiet,
        tasks: asyncio.TaskGroup,
    ) -> None:
        """`quiet` is shared by whoever stores a package first and the function that refers to it later."""
        self._functions, self._feed, self._packages = functions, feed, packages
        self._in_use = in_use
        self._quiet, self._tasks = quiet, tasks
        self._orders: Mapping[bytes, Callable[[], Awaitable[object]]] = {
            FORGET_FUNCTIONS: self._forget_functions,
            FORGET_PACKAGES: self._forget_packages,
        }

    def takes(self, target: bytes) -> bool:
        """Whether it is one of the orders."""
        return target in self._orders

    def begin(self, exchange: Exchange) -> None:
        """Do as ordered."""
        order = self._orders[exchange.head.target]
        exchange.collect(
            limit=_MOST_BODY,
            then=lambda _: self._spawn(exchange, order),
            too_large=lambda: exchange.respond(413, _JSON, b"{}"),
        )

    def _spawn(self, exchange: Exchange, order: Callable[[], Awaitable[object]]) -> None:
        self._tasks.create_task(self._serve(exchange, order), name="reset")

    async def _serve(self, exchange: Exchange, order: Callable[[], Awaitable[object]]) -> None:
        try:
            told = await order()
        except Exception:  # the seam of an HTTP request
            logger.exception("a reset failed")
            exchange.respond(500, _JSON, b"{}")
            return
        exchange.respond(200, _JSON, json.dumps(told).encode())

    async def _forget_functions(self) -> Mapping[str, int]:
        count = await self._functions.clear()
        await self._feed.reload()
        logger.info("%d functions were reset", count)
        return {"functions": count}

    async def _forget_packages(self) -> Mapping[str, int]:
        async with self._quiet.alone():
            await self._packages.collect(await self._in_use.names())
        return {}
