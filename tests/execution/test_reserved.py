"""Reserved concurrency at the edge (reference 01 §10, 02 §1.3, §6): a function's share, and what is left to the others."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lambent.execution.admission import Admission, Share
from lambent.model.errors import TooManyRequests
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.model.traffic import Traffic
from tests.execution.rig import Rig, rig
from tests.fakes.environments import active_function

KEY = FunctionKey("000000000000", "us-east-1", "hello")
RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
UNRESERVED = "ConcurrentInvocationLimitExceeded"


def reserve(admission: Admission, reserved: int | None, *, name: str = "hello") -> None:
    admission.guide(Traffic(key=KEY._replace(name=name), reserved=reserved))


def refused(share: Share) -> str:
    with pytest.raises(TooManyRequests) as error:
        share.enter()
    assert error.value.message == "Rate Exceeded."
    assert error.value.headers == {}  # recorded
    return error.value.reason


def other(r: Rig, name: str = "other") -> FunctionVersion:
    function = active_function(name)
    r.functions.put(function)
    return function


async def test_above_its_reservation_a_function_is_throttled_with_aws_s_reason() -> None:
    async with rig() as r:
        reserve(r.admission, 1)
        r.submit()
        with pytest.raises(TooManyRequests) as error:
            r.submit()
        assert error.value.reason == RESERVED
        await r.turn()
        await r.initialise(r.channels[0])
        r.answer(r.channels[0])
        r.submit()


async def test_a_function_that_reserves_nothing_never_runs() -> None:
    async with rig() as r:
        reserve(r.admission, 0)
        for _ in range(2):
            with pytest.raises(TooManyRequests) as error:
                r.submit()
            assert error.value.reason == RESERVED
        await r.turn()
        assert r.sandboxes.made == []
        r.submit(other(r))


async def test_versions_share_what_their_function_has_reserved() -> None:
    async with rig() as r:
        reserve(r.admission, 1)
        latest = active_function()
        published = replace(latest, key=latest.key._replace(version="1"), revision_id="v1")
        r.functions.put(published)
        r.submit(published)
        with pytest.raises(TooManyRequests) as error:
            r.submit(latest)
        assert error.value.reason == RESERVED


async def test_what_is_reserved_is_not_the_others() -> None:
    async with rig(limit=3) as r:
        reserve(r.admission, 2)
        r.submit(other(r))
        with pytest.raises(TooManyRequests) as error:
            r.submit(other(r, "third"))
        assert error.value.reason == UNRESERVED
        r.submit()
        r.submit()  # nobody else could take them


async def test_a_reservation_that_ends_gives_back() -> None:
    async with rig(limit=3) as r:
        reserve(r.admission, 2)
        r.submit()
        reserve(r.admission, None)
        r.submit(other(r))
        r.submit(other(r))
        with pytest.raises(TooManyRequests) as error:
            r.submit()
        assert error.value.reason == UNRESERVED


def test_what_runs_already_counts_when_it_is_reserved() -> None:
    admission = Admission(limit=3)
    share, others = admission.share(KEY), admission.share(KEY._replace(name="other"))
    share.enter()
    share.enter()
    reserve(admission, 2)
    assert refused(share) == RESERVED
    others.enter()
    assert refused(others) == UNRESERVED
    share.leave()
    share.enter()
    for one in (share, share, others):
        one.leave()
    assert admission.running == 0


def test_a_share_is_the_function_s_as_long_as_anybody_holds_it() -> None:
    admission = Admission()
    share = admission.share(KEY)
    assert admission.share(KEY._replace(version="7")) is share
    assert admission.share(KEY._replace(region="cn-north-1")) is not share


def test_a_reservation_is_kept_though_nobody_holds_the_share() -> None:
    admission = Admission(limit=5)
    reserve(admission, 5)
    assert refused(admission.share(KEY._replace(name="other"))) == UNRESERVED
    admission.share(KEY).enter()


def test_what_runs_in_provisioned_environments_is_part_of_the_reservation() -> None:
    """Reference 02 §12, example 2: reserved 5, provisioned 5: $LATEST is always throttled."""
    admission = Admission()
    share = admission.share(KEY)
    reserve(admission, 5)
    share.provide(5)
    assert refused(share) == RESERVED
    assert all(share.enter_provisioned() for _ in range(5))
    assert not share.enter_provisioned()
    share.leave_provisioned()
    assert refused(share) == RESERVED
    share.provide(4)
    share.enter()  # what cannot run there runs on demand


def test_provisioned_environments_are_not_the_others_either() -> None:
    admission = Admission(limit=3)
    share, others = admission.share(KEY), admission.share(KEY._replace(name="other"))
    share.provide(2)
    others.enter()
    assert refused(others) == UNRESERVED
    assert refused(share) == UNRESERVED  # spillover runs of what is left, too
    share.provide(0)
    others.enter()


class Traffickers(RuleBasedStateMachine):
    """Ten for all: whatever comes and goes, what enters never exceeds a reservation, and no place is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.admission = Admission(limit=10)
        self.share = self.admission.share(KEY)
        self.others = self.admission.share(KEY._replace(name="other"))
        self.reserved: int | None = None
        self.of_function: list[Callable[[], None]] = []
        self.of_others: list[Callable[[], None]] = []

    @rule()
    def the_function_runs(self) -> None:
        with suppress(TooManyRequests):
            self.share.enter()
            self.entered(self.share.leave)

    @rule()
    def the_function_runs_in_a_provisioned_environment(self) -> None:
        if self.share.enter_provisioned():
            self.entered(self.share.leave_provisioned)

    def entered(self, leave: Callable[[], None]) -> None:
        self.of_function.append(leave)
        assert self.reserved is None or len(self.of_function) <= self.reserved

    @rule()
    def another_runs(self) -> None:
        with suppress(TooManyRequests):
            self.others.enter()
            self.of_others.append(self.others.leave)

    @rule(reserved=st.none() | st.integers(0, 4))
    def it_reserves(self, reserved: int | None) -> None:
        self.reserved = reserved
        reserve(self.admission, reserved)

    @rule(environments=st.integers(0, 4))
    def it_has_provisioned_environments(self, environments: int) -> None:
        self.share.provide(environments)

    @precondition(lambda self: bool(self.of_function))
    @rule(data=st.data())
    def one_of_its_own_ends(self, data: st.DataObject) -> None:
        self.of_function.pop(data.draw(st.integers(0, len(self.of_function) - 1)))()

    @precondition(lambda self: bool(self.of_others))
    @rule()
    def one_of_the_others_ends(self) -> None:
        self.of_others.pop()()

    @invariant()
    def all_are_counted(self) -> None:
        assert self.admission.running == len(self.of_function) + len(self.of_others)

    def teardown(self) -> None:
        for leave in self.of_function + self.of_others:
            leave()
        reserve(self.admission, None)
        self.share.provide(0)
        for _ in range(10):
            self.others.enter()
        assert refused(self.others) == UNRESERVED


TestTraffickers = Traffickers.TestCase
TestTraffickers.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
