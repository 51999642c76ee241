"""What may run: an account's concurrency, and the host's room for environments."""

from collections.abc import Callable
from math import ceil

from lambent.model.errors import TooManyRequests
from lambent.model.limits import ACCOUNT_CONCURRENCY

THROTTLED_BY_CONCURRENCY = "ConcurrentInvocationLimitExceeded"


class Account:
    """One account's concurrency in one region."""

    __slots__ = ("_admission", "running")

    def __init__(self, admission: "Admission") -> None:
        self._admission, self.running = admission, 0

    def leave(self) -> None:
        """Give one place back."""
        self.running -= 1
        self._admission.left()


class Admission:
    """Counts invocations under way by account and region."""

    def __init__(self, *, limit: int = ACCOUNT_CONCURRENCY) -> None:
        self._limit = limit
        self._accounts: dict[tuple[str, str], Account] = {}
        self._on_idle: Callable[[], None] | None = None
        self.running = 0
        """Invocations under way, all accounts together."""

    def enter(self, account_id: str, region: str) -> Account:
        """Take a place; whoever gets the account leaves it once. Raises TooManyRequests."""
        account = self._accounts.get((account_id, region))
        if account is None:
            account = self._accounts[account_id, region] = Account(self)
        if account.running >= self._limit:
            raise TooManyRequests(THROTTLED_BY_CONCURRENCY)
        account.running += 1
        self.running += 1
        return account

    def left(self) -> None:
        """An account was left."""
        self.running -= 1
        if not self.running and self._on_idle is not None:
            call, self._on_idle = self._on_idle, None
            call()

    def when_idle(self, call: Callable[[], None]) -> None:
        """Call `call` once as soon as nothing runs, at once if nothing does."""
        if self.running:
            self._on_idle = call
        else:
            call()


def _never() -> bool:
    return False


class HostRoom:
    """Whether this host can carry another environment.

    MemorySize is a limit and not what a function uses, so it is not reserved: a new environment needs the host's memory to
    be above a reserve, with an estimate for each one that is being started, since its memory is not yet seen in use. A function
    that has many environments already must leave twice the reserve: a function that calls itself without end runs into its
    429 while there is still room for the others.
    """

    def __init__(
        self,
        *,
        available_memory_bytes: Callable[[], int],
        max_environments: int,
        reserve_bytes: int,
        start_estimate_bytes: int = 48 * 1_048_576,
        large_function_environments: int = 16,
        stalls: Callable[[], bool] = _never,
    ) -> None:
        """`stalls`: whether processes wait for memory; of one that is limited, too, so that it counts near the reserve only.

        `max_environments` follows from the descriptors at hand; a tenth of them is kept for functions that have few."""
        self._available, self._stalls = available_memory_bytes, stalls
        self._max, self._reserve = max_environments, reserve_bytes
        self._estimate, self._large = start_estimate_bytes, large_function_environments
        self.live = 0
        """Environments that hold anything, cells and ending ones included."""
        self.starting = 0
        """Those of them that are not initialised yet."""
        self.ending = 0
        """Those of them that will be gone soon."""
        self.waiting = 0
        """Invocations that no environment has taken yet."""

    def ended(self) -> None:
        """One that was ending holds nothing any more."""
        self.live -= 1
        self.ending -= 1

    def admits(self, *, of_function: int, queued: bool = False) -> bool:
        """Whether one more environment may be started for a function that has `of_function`.

        `queued`: the invocation that it is for is counted in `waiting` already.
        """
        unstarted = (
            self.waiting - self.starting
        )  # of all functions: others' starts may hide this one's
        more = max(1, unstarted) if queued else max(0, unstarted) + 1
        large = of_function >= self._large
        most = self._max - self._max // 10 if large else self._max
        if self.live + more > most:
            return False
        reserve = self._reserve * 2 if large else self._reserve
        return self._available() - (self.starting + more) * self._estimate >= reserve

    @property
    def excess(self) -> int:
        """How many idle environments should go for want of memory, those that are ending already not counted.

        As many as would fill the reserve again by the estimate; one where the host begins to stall for memory near it.
        """
        available = self._available()
        missing = self._reserve - available
        if missing <= 0:
            return int(available < self._reserve * 2 and self._stalls())
        return max(0, ceil(missing / self._estimate) - self.ending)
