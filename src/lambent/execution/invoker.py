"""The one entrance to running functions."""

import asyncio
import logging

from lambent.execution.admission import Admission
from lambent.execution.pools import Pools
from lambent.execution.port import Settle
from lambent.model.errors import ServiceError, ServiceFailure
from lambent.model.function import FunctionKey
from lambent.model.invocation import Invocation, Outcome

_log = logging.getLogger(__name__)


class Invoker:
    """Runs invocations: admit, borrow an environment, hand over; all by callbacks. `open` it first."""

    def __init__(self, *, admission: Admission, pools: Pools) -> None:
        self._admission, self._pools = admission, pools
        self._stopping = False

    @property
    def running(self) -> int:
        """Invocations under way, those that wait included."""
        return self._admission.running

    def open(self) -> None:
        """Begin to keep stem cells and to reap what is idle; within the running loop."""
        self._pools.open()

    def submit(self, invocation: Invocation, settle: Settle) -> None:
        """Run `invocation` and call `settle` with what came of it, exactly once, on the loop.

        Raises at once what speaks against it, and then does not call `settle`: TooManyRequests, FunctionNotFound,
        ResourceConflict, InvalidRuntime, ServiceFailure while stopping.
        """
        if self._stopping:
            raise ServiceFailure("The service is stopping.", headers={"Retry-After": "1"})
        self._pools.submit(invocation, settle)

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run `invocation` to its outcome; a crash or a timeout of the function is one too.

        Raises what `submit` raises. Cancelling stops the waiting, not the invocation.
        """
        settled: asyncio.Future[Outcome | ServiceError] = asyncio.get_running_loop().create_future()

        def settle(result: Outcome | ServiceError) -> None:
            if not settled.done():
                settled.set_result(result)

        self.submit(invocation, settle)
        result = await settled  # ended by the function's timeout, or by the patience of what waits
        if isinstance(result, ServiceError):
            raise result
        return result

    def function_changed(self, key: FunctionKey) -> None:
        """The catalogue's answer for `key` is another one now: run on that, and end what is not needed any more."""
        self._pools.function_changed(key)

    async def end_deleted(self) -> None:
        """End the environments of functions that are no more, the busy ones too; return once they are gone.

        What runs in them is answered with ServiceFailure. The caller limits the time.
        """
        await self._pools.end_deleted()

    async def drain(self, *, within_seconds: float) -> None:
        """Accept nothing any more, and return once nothing runs or the time is over."""
        self._stopping = True
        idle = asyncio.Event()
        self._admission.when_idle(idle.set)
        try:
            async with asyncio.timeout(within_seconds):
                await idle.wait()
        except TimeoutError:
            _log.warning("%d invocations did not end in time", self._admission.running)

    def close(self) -> None:
        """Accept nothing any more and end every environment; what runs is answered with ServiceFailure.

        The kills are chores: leaving `Chores` waits for them.
        """
        self._stopping = True
        self._pools.close()
