"""What may run: an account's concurrency and what functions have of it, and the host's room for environments."""

from collections.abc import Callable
from math import ceil
from weakref import WeakValueDictionary

from lambent.model.errors import TooManyRequests
from lambent.model.function import FunctionKey
from lambent.model.limits import ACCOUNT_CONCURRENCY
from lambent.model.traffic import Traffic

THROTTLED_BY_CONCURRENCY = "ConcurrentInvocationLimitExceeded"
THROTTLED_BY_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


class Account:
    """What one account's functions without a reservation have in common in a region."""

    __slots__ = ("_limit", "_taken", "most", "running")

    def __init__(self, limit: int) -> None:
        self._limit, self._taken = limit, 0
        self.most, self.running = limit, 0
        """How many of their invocations may run and do, those in provisioned environments apart."""

    def take(self, more: int) -> None:
        """So many more are kept for one function alone, or fewer."""
        self._taken += more
        self.most = max(0, self._limit - self._taken)


class Share:
    """One function's concurrency: of its reservation, else of what its account has left.

    What runs in provisioned environments is counted apart: for as many as there are the function has that much less on demand.
    """

    __slots__ = (
        "__weakref__",
        "_account",
        "_admission",
        "_most",
        "_provisioned",
        "_provisioned_running",
        "_reserved",
        "_running",
        "_taken",
    )

    def __init__(self, account: Account, admission: "Admission") -> None:
        self._account, self._admission = account, admission
        self._reserved: int | None = None
        self._most: int | None = None
        self._running = self._provisioned = self._provisioned_running = self._taken = 0

    def enter(self) -> None:
        """Take a place on demand; whoever does leaves it once. Raises TooManyRequests."""
        most, account = self._most, self._account
        if most is None:
            if account.running >= account.most:
                raise TooManyRequests(THROTTLED_BY_CONCURRENCY)
            account.running += 1
        elif self._running >= most:
            raise TooManyRequests(THROTTLED_BY_RESERVED)
        self._running += 1
        self._admission.running += 1

    def leave(self) -> None:
        """Give a place back."""
        self._running -= 1
        if self._most is None:
            self._account.running -= 1
        self._admission.left()

    def enter_provisioned(self) -> bool:
        """Take a place in a provisioned environment; False while more run on demand than the reservation leaves."""
        reserved = self._reserved
        if reserved is not None and self._running + self._provisioned_running >= reserved:
            return False
        self._provisioned_running += 1
        self._admission.running += 1
        self._count()
        return True

    def leave_provisioned(self) -> None:
        """Give such a place back."""
        self._provisioned_running -= 1
        self._count()
        self._admission.left()

    def reserve(self, reserved: int | None) -> None:
        """Have so much from now on, None for no reservation; what runs already is counted with it."""
        was, self._reserved = self._reserved, reserved
        if was is None and reserved is not None:
            self._account.running -= self._running
        elif was is not None and reserved is None:
            self._account.running += self._running
        self._count()

    def provide(self, environments: int) -> None:
        """So many provisioned environments can take invocations, or do."""
        self._provisioned = environments
        self._count()

    def _count(self) -> None:
        provisioned = max(self._provisioned, self._provisioned_running)
        if self._reserved is None:
            self._most, taken = None, provisioned
        else:
            self._most, taken = max(0, self._reserved - provisioned), self._reserved
        if taken != self._taken:
            self._account.take(taken - self._taken)
            self._taken = taken


class Admission:
    """Counts invocations under way by function, account and region."""

    def __init__(self, *, limit: int = ACCOUNT_CONCURRENCY) -> None:
        self._limit = limit
        self._accounts: dict[tuple[str, str], Account] = {}
        self._shares: WeakValueDictionary[tuple[str, str, str], Share] = WeakValueDictionary()
        """As long as somebody holds them: a pool, or an invocation."""
        self._reserved: dict[tuple[str, str, str], Share] = {}
        self._on_idle: Callable[[], None] | None = None
        self.running = 0
        """Invocations under way, all accounts together."""

    def share(self, key: FunctionKey) -> Share:
        """That of the function of which `key` is a version."""
        name = (key.account_id, key.region, key.name)
        share = self._shares.get(name)
        if share is None:
            account = self._accounts.get(name[:2])
            if account is None:
                account = self._accounts[name[:2]] = Account(self._limit)
            share = self._shares[name] = Share(account, self)
        return share

    def guide(self, traffic: Traffic) -> None:
        """Keep to what is reserved for a function now."""
        key, share = traffic.key, self.share(traffic.key)
        name = (key.account_id, key.region, key.name)
        share.reserve(traffic.reserved)
        if traffic.reserved is None:
            self._reserved.pop(name, None)
        else:
            self._reserved[name] = share

    def left(self) -> None:
        """A place was given back."""
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
