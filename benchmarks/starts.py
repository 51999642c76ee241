"""What beginning, standing still and ending cost: cold starts, a burst, frozen and idle environments, teardown."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Sample, run_load
from benchmarks.machine import Meter, pss_bytes
from benchmarks.measure import PAYLOAD, Latency, latency
from benchmarks.programs import SLEEPER, Program
from benchmarks.target import NotReady, Target

_MADE_PER_SECOND = 12
"""Slower than environments are made: each invocation of a burst holds its own until all have one."""
_FROZEN_AFTER_SECONDS = 0.3
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """As many invocations of a new function at once as it then has environments."""

    environments: int
    refused: int
    seconds: float
    """From the first request until all were begun: the time that each holds its environment is taken off."""
    p50_ms: float
    idle_bytes: int
    """Of the host's memory, for each environment that idles."""
    pss_bytes: int
    """Of its processes, shared pages shared out."""
    frozen_seconds: float
    """Until all stood still, after the last answer."""
    ended_per_second: float

    @property
    def per_second(self) -> float:
        """Environments made in a second."""
        return self.environments / self.seconds


class Starts:
    """One target, as it was started."""

    def __init__(self, target: Target, *, memory_mb: int) -> None:
        self._target, self._memory_mb = target, memory_mb
        self._edge = target.processes().get("edge", 0)

    async def cold(self, program: Program, calls: int, *, cells: bool = True) -> Latency:
        """First invocations of functions never seen before; with `cells` each finds one, and none is just being made."""
        took: list[float] = []
        used = 0.0
        for number in range(calls + 1):
            with self._function(program, str(number)) as name:
                if cells and number:
                    await self._until(lambda health: _calm(health, program.runtime))
                edge = Meter([self._edge])
                sample = await self._run(name, 1)
                if number:  # the first finds no cell of its runtime
                    took += sample.latencies_us
                    used += edge.used([self._edge])
        return latency(took, used)

    async def frozen(self, program: Program, calls: int) -> Latency:
        """Invocations that find their environment frozen."""
        took: list[float] = []
        used = 0.0
        with self._function(program, "frozen") as name:
            await self._run(name, 1)
            for _ in range(calls):
                await asyncio.sleep(_FROZEN_AFTER_SECONDS)
                edge = Meter([self._edge])
                took += (await self._run(name, 1)).latencies_us
                used += edge.used([self._edge])
        return latency(took, used)

    async def burst(self, runtime: str, environments: int) -> Burst:
        """From no environment to so many at once; then what they cost while they idle, and how fast they go."""
        program = Program(runtime=runtime, file="app.py", content=SLEEPER)
        held = 1.0 + environments / _MADE_PER_SECOND
        before, runtimes = _available_bytes(), self._target.runtimes()
        with self._function(program, "burst") as name:
            sample = await self._run(name, environments, payload=b"%.1f" % held)
            answered = time.perf_counter()
            # One cell or two may be on their way up.
            health = await self._until(
                lambda h: h["frozen"] + sum(h["cells"].values()) + 2 >= h["environments"]
            )
            frozen, made = time.perf_counter() - answered, health["frozen"]
            after, own = _available_bytes(), self._target.runtimes() - runtimes
            pss = sum(map(pss_bytes, own))
            began = time.perf_counter()
        await self._until(
            lambda h: h["frozen"] == 0 and h["environments"] <= sum(h["cells"].values()) + 2
        )
        return Burst(
            environments=made,
            refused=sample.refused,
            seconds=max(sample.seconds - held, 1e-9),
            p50_ms=sample.quantile_us(0.5) / 1e3 - held * 1e3,
            idle_bytes=max(before - after, 0) // max(made, 1),
            pss_bytes=pss // max(made, 1),
            frozen_seconds=frozen,
            ended_per_second=made / (time.perf_counter() - began),
        )

    async def _run(self, name: str, at_once: int, *, payload: bytes = PAYLOAD) -> Sample:
        request = self._target.invocation(name, payload)
        return await run_load(
            self._target.host,
            self._target.port,
            request,
            connections=at_once,
            seconds=_PATIENCE_SECONDS,
            most=at_once,
        )

    async def _until(self, seen: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not seen(health := await asyncio.to_thread(self._target.health)):
            if time.monotonic() > until:
                raise NotReady("what was waited for on the health page did not come")
            await asyncio.sleep(0.01)
        return health

    @contextmanager
    def _function(self, program: Program, mark: str) -> Iterator[str]:
        name = f"bench-{uuid.uuid4().hex[:12]}"
        files = program.marked(f"{name} {mark}")
        self._target.create(name, program.runtime, memory_mb=self._memory_mb, files=files)
        try:
            yield name
        finally:
            self._target.delete(name)


def _calm(health: Mapping[str, Any], runtime: str) -> bool:
    """Whether a cell of `runtime` waits and nothing is being brought up or ended."""
    there = health["frozen"] + sum(health["cells"].values())
    return runtime in health["cells"] and health["environments"] == there


def _available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise NotReady("/proc/meminfo has no MemAvailable")
