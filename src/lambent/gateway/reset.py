"""`POST /_lambent/reset`: the edge's side of emptying the data directory, and what it says to control for it."""

import asyncio
import json
import logging
from typing import Final, Protocol

from lambent.http.asking import Caller, CallFailed, ask
from lambent.http.exchange import Exchange

RESET_TARGET: Final = b"/_lambent/reset"
FORGET_FUNCTIONS: Final = b"/_lambent/reset/functions"
"""Control deletes every function and tells the edge; the edge alone asks for it."""
FORGET_PACKAGES: Final = b"/_lambent/reset/packages"
"""Control removes what no function refers to; the edge asks for it once no environment runs from it any more."""
_JSON: Final = ((b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store"))
_SECONDS: Final = 60.0
_MOST_BODY: Final = 65_536

logger = logging.getLogger(__name__)


class Environments(Protocol):
    """The execution environments; `execution.Invoker` has them."""

    async def end_deleted(self) -> None:
        """End those of functions that are no more, and return once they are gone."""
        ...


class Logs(Protocol):
    """The functions' logs; `telemetry.LogWriterThread` writes them."""

    async def clear(self) -> None:
        """Remove everything that was written so far."""
        ...


class ResetApplication:
    """Empties everything, if that is allowed: functions, their environments, logs and packages, in this order.

    From the first step on no function of before can be seen; what is made while the others are under way is kept.
    """

    def __init__(
        self,
        *,
        allowed: bool,
        control: Caller,
        environments: Environments,
        logs: Logs,
        tasks: asyncio.TaskGroup,
    ) -> None:
        """Each reset runs as a task of `tasks`."""
        self._allowed, self._control, self._tasks = allowed, control, tasks
        self._environments, self._logs = environments, logs
        self._one_at_a_time = asyncio.Lock()

    def begin(self, exchange: Exchange) -> None:
        """Refuse, or do it and say how many functions there were."""
        if exchange.head.method != b"POST":
            _answer(exchange, 405, {"message": "A reset is asked for with POST."})
        elif not self._allowed:
            _answer(
                exchange,
                403,
                {
                    "message": "This daemon keeps its data: start it with --allow-reset "
                    "(or allow_reset = true) to let a reset delete everything."
                },
            )
        else:
            exchange.collect(
                limit=_MOST_BODY,
                then=lambda _: self._spawn(exchange),
                too_large=lambda: _answer(exchange, 413, {"message": "A reset takes no body."}),
            )

    def _spawn(self, exchange: Exchange) -> None:
        self._tasks.create_task(self._serve(exchange), name="reset")

    async def _serve(self, exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(_SECONDS), self._one_at_a_time:
                told = await self._reset()
        # The seam of an HTTP request: whatever is raised, somebody waits for an answer.
        except Exception as error:
            logger.exception("a reset was not finished")
            why = str(error) or f"it took longer than {_SECONDS:.0f} s"
            _answer(exchange, 503, {"message": f"The reset was not finished: {why}. Try again."})
            return
        logger.info("everything was reset")
        exchange.respond(200, _JSON, told)

    async def _reset(self) -> bytes:
        told = await self._order(FORGET_FUNCTIONS)
        await self._environments.end_deleted()
        await self._logs.clear()
        await self._order(FORGET_PACKAGES)
        return told

    async def _order(self, target: bytes) -> bytes:
        status, body = await ask(self._control, method=b"POST", target=target)
        if status != 200:
            raise CallFailed(f"control answered {status}")
        return body


def _answer(exchange: Exchange, status: int, document: object) -> None:
    exchange.respond(status, _JSON, json.dumps(document).encode())
