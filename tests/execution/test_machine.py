"""Anything may happen in any order: no place leaks, every invocation is settled once, the last used is used next."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lambent.model.errors import ServiceError
from lambent.runtime_api.port import RuntimeFault
from lambent.sandbox.port import Ending
from tests.execution.rig import GIB, Rig, rig
from tests.fakes.environments import FakeChannel, FakeSandbox, active_function

NAMES = ("a", "b")
LIMIT, MAX_ENVIRONMENTS, AT_ONCE = 6, 6, 2
ANY = st.integers(min_value=0, max_value=99)
ORDERS = st.sampled_from(("make", "bind", "limit", "kill", "freeze", "thaw", "freezer"))


class _Errors(logging.Handler):
    """Collects what was logged as an error: our own bugs."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.messages.append(record.getMessage() + str(record.exc_info))


class Execution(RuleBasedStateMachine):
    """Random lives of a host."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.errors = _Errors()
        logging.getLogger("lambent").addHandler(self.errors)
        self.context: AbstractAsyncContextManager[Rig] | None = None
        self.accepted: set[str] = set()
        self.up: list[FakeChannel] = []
        self.ready: list[FakeChannel] = []
        self.revisions = dict.fromkeys(NAMES, 0)

    @initialize(kept=st.booleans(), per_runtime=st.integers(min_value=0, max_value=2))
    def open(self, *, kept: bool, per_runtime: int) -> None:
        self.context = rig(
            kept=("python3.11",) if kept else (),
            per_runtime=per_runtime,
            limit=LIMIT,
            max_environments=MAX_ENVIRONMENTS,
            at_once=AT_ONCE,
        )
        self.r = self.runner.run(self.context.__aenter__())
        for name in NAMES:
            self.r.functions.put(active_function(name))

    def teardown(self) -> None:
        try:
            if self.context is not None:
                self.runner.run(self.context.__aexit__(None, None, None))
                assert {i for i in self.accepted if len(self.r.results[i]) != 1} == set()
                assert self.errors.messages == []
        finally:
            logging.getLogger("lambent").removeHandler(self.errors)
            self.runner.close()

    def turn(self) -> None:
        self.runner.run(self.r.turn())

    def sandbox(self, channel: FakeChannel) -> FakeSandbox:
        return next(s for s in self.r.sandboxes.made if s is channel.sandbox)

    def lives(self, *, started: bool, asked: bool | None = None) -> list[FakeChannel]:
        """Channels of living environments in a given phase."""
        return [
            c
            for c in self.r.channels
            if not c.closed
            and not self.sandbox(c).ended.done()
            and bool(c.starts) == started
            and (asked is None or asked == self.is_asked(c))
        ]

    def is_asked(self, channel: FakeChannel) -> bool:
        if not channel.invokes:
            return False
        request_id = channel.invokes[-1].request_id
        return not self.r.results[request_id]

    @rule(name=st.sampled_from(NAMES))
    def submit(self, name: str) -> None:
        async def run() -> None:
            try:
                self.accepted.add(
                    self.r.submit(self.r.functions.known.get(active_function(name).key))
                )
            except ServiceError:
                return
            finally:
                await self.r.turn()

        if active_function(name).key in self.r.functions.known:
            self.runner.run(run())

    @rule(pick=ANY)
    def boots(self, pick: int) -> None:
        """An interpreter comes up."""
        booted = self.lives(started=False)
        waiting = [c for c in booted if c not in self.up]
        if waiting:
            channel = waiting[pick % len(waiting)]
            self.up.append(channel)
            self.runner.run(self.r.boot(channel))

    @rule(pick=ANY, works=st.booleans())
    def initialises(self, pick: int, *, works: bool) -> None:
        """A function's init ends."""
        inits = [c for c in self.lives(started=True, asked=False) if c not in self.ready]
        if not inits:
            return
        channel = inits[pick % len(inits)]

        async def run() -> None:
            if works:
                self.ready.append(channel)
                channel.listener.init_finished(peak_memory_bytes=1)
            else:
                channel.listener.init_failed(RuntimeFault(error_type="X", body=b"{}"))
                channel.listener.broken("closed")
                self.sandbox(channel).exits(Ending(exit_status=1))
            await self.r.turn()

        self.runner.run(run())

    def runs(self, channel: FakeChannel) -> bool:
        """Whether a runtime can say anything at all."""
        return not self.sandbox(channel).frozen

    @rule(pick=ANY, works=st.booleans())
    def answers(self, pick: int, *, works: bool) -> None:
        """An invocation ends."""
        busy = [c for c in self.lives(started=True, asked=True) if self.runs(c)]
        if not busy:
            return
        channel = busy[pick % len(busy)]
        request_id = channel.invokes[-1].request_id

        async def run() -> None:
            if works:
                channel.listener.responded(request_id, b"1", peak_memory_bytes=1)
            else:
                fault = RuntimeFault(error_type="E", body=b"{}")
                channel.listener.failed(request_id, fault, peak_memory_bytes=1)
            await self.r.turn()

        self.runner.run(run())

    @rule(pick=ANY)
    def the_last_used_is_used_next(self, pick: int) -> None:
        """Free two environments of a function one after the other, and ask again."""
        for name in NAMES:
            busy = [
                c
                for c in self.lives(started=True, asked=True)
                if c.starts[0].environ["NAME"] == name and self.runs(c)
            ]
            if len(busy) < 2 or self.r.room.waiting:
                continue
            channel = busy[pick % len(busy)]
            self.runner.run(self._frees_and_asks(name, busy, channel))

    async def _frees_and_asks(self, name: str, busy: list[FakeChannel], last: FakeChannel) -> None:
        for channel in [c for c in busy if c is not last] + [last]:
            self.r.answer(channel)
        await self.r.turn()
        function = self.r.functions.known.get(active_function(name).key)
        if last.closed or function is None:
            return
        asked = len(last.invokes)
        self.accepted.add(self.r.submit(function))
        await self.r.turn()
        assert len(last.invokes) == asked + 1

    @rule(pick=ANY, killed=st.booleans())
    def dies(self, pick: int, *, killed: bool) -> None:
        """A runtime ends, whatever it does."""
        alive = [s for s in self.r.sandboxes.made if not s.ended.done()]
        if alive:
            sandbox = alive[pick % len(alive)]
            sandbox.exits(Ending(signal=9) if killed else Ending(exit_status=0))
            self.turn()

    @rule(pick=ANY)
    def breaks(self, pick: int) -> None:
        """A runtime breaks the protocol."""
        alive = [c for c in self.r.channels if not c.closed]
        if alive:
            alive[pick % len(alive)].listener.broken("nonsense")
            self.turn()

    @rule(name=st.sampled_from(NAMES), exists=st.booleans())
    def changes(self, name: str, *, exists: bool) -> None:
        """A function is updated or deleted."""
        self.revisions[name] += 1
        function = active_function(name, revision=f"r{self.revisions[name]}")
        if exists:
            self.r.functions.put(function)
        else:
            self.r.functions.known.pop(function.key, None)
        self.r.invoker.function_changed(function.key)
        self.turn()

    @rule(order=ORDERS, how=st.sampled_from(("fails", "is slow")))
    def the_spawner(self, order: str, how: str) -> None:
        """The spawner refuses an order, or takes its time."""
        (self.r.sandboxes.failing if how == "fails" else self.r.sandboxes.held).add(order)

    @rule()
    def the_spawner_is_well_again(self) -> None:
        """All orders are carried out."""
        self._mend()
        self.turn()

    def _mend(self) -> None:
        self.r.sandboxes.failing.clear()
        for order in tuple(self.r.sandboxes.held):
            self.r.sandboxes.release(order)

    @rule(name=st.sampled_from(NAMES), count=st.integers(min_value=1, max_value=4))
    def load(self, name: str, count: int) -> None:
        """Several invocations at once, on a host that is well, until each has its environment."""
        function = self.r.functions.known.get(active_function(name).key)
        if function is None:
            return
        self._mend()
        self.r.memory[0] = 16 * GIB

        async def run() -> None:
            for _ in range(count):
                try:
                    self.accepted.add(self.r.submit(function))
                except ServiceError:
                    break
            for _ in range(4):
                await self._everything_starts()

        self.runner.run(run())

    async def _everything_starts(self) -> None:
        await self.r.turn()
        for channel in [c for c in self.lives(started=False) if c not in self.up]:
            self.up.append(channel)
            await self.r.boot(channel)
        for channel in self.lives(started=True, asked=False):
            if channel not in self.ready:
                self.ready.append(channel)
                channel.listener.init_finished(peak_memory_bytes=1)
        await self.r.turn()

    @rule(short=st.booleans())
    def memory(self, *, short: bool) -> None:
        """The host runs short of memory."""
        self.r.memory[0] = GIB // 2 if short else 16 * GIB

    @rule(pick=ANY)
    def an_idle_one_is_met_just_before_it_is_frozen_or_just_after(self, pick: int) -> None:
        """Wherever the orders to freeze and to thaw meet, who was asked runs in the end."""

        async def run() -> None:
            self.r.sandboxes.held.add("freezer")
            await self.r.passes(0.2, step=0.05)
            key = active_function(NAMES[pick % 2]).key
            function = self.r.functions.known.get(key)
            if function is not None:
                try:
                    self.accepted.add(self.r.submit(function))
                except ServiceError:
                    function = None
            if pick % 3:
                self.r.sandboxes.release("freezer")
            await self.r.turn()

        self.runner.run(run())

    @rule(seconds=st.sampled_from((0.1, 0.3, 1.1, 4.0, 11.0, 700.0)))
    def time_passes(self, seconds: float) -> None:
        """Timeouts, patience, reaping."""
        self.runner.run(self.r.passes(seconds, step=max(seconds / 4, 0.3)))

    @invariant()
    def nothing_leaks(self) -> None:
        if self.context is None:
            return
        open_ones = [i for i in self.accepted if not self.r.results[i]]
        assert self.r.admission.running == len(open_ones) <= LIMIT
        assert all(len(self.r.results[i]) <= 1 for i in self.accepted)
        room = self.r.room
        assert len(self.r.sandboxes.alive) <= room.live <= MAX_ENVIRONMENTS
        ready = [c for c in self.ready if not c.closed]
        assert 0 <= room.starting <= room.live - len(ready)
        assert 0 <= room.ending <= room.live
        assert 0 <= room.waiting <= len(open_ones)
        asked = [c.invokes[-1].request_id for c in self.lives(started=True, asked=True)]
        assert len(asked) == len(set(asked))

    @invariant()
    def who_is_asked_runs(self) -> None:
        if self.context is None or {"freezer"} & self.r.sandboxes.held:
            return
        self.turn()
        if "thaw" not in self.r.sandboxes.failing:
            stuck = [c for c in self.lives(started=True, asked=True) if not self.runs(c)]
            assert all(self.sandbox(c).unthawable for c in stuck)


Execution.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestExecution = Execution.TestCase
