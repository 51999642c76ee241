"""The measurements, each a number of rows."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.load import Sample, run_load
from benchmarks.machine import Cores, Meter, cpu_seconds, pss_bytes
from benchmarks.target import ROOT, Target

PAYLOAD = b'{"n": 1}'
LARGEST = 6_291_456


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """Warm invocations at one concurrency, and the trivial server at the same."""

    connections: int
    per_second: float
    p50_us: float
    p99_us: float
    edge_cpu_us: float
    runtime_cpu_us: float
    refused: int
    baseline_per_second: float
    baseline_p50_us: float
    baseline_cpu_us: float
    other_load_cores: float
    """What anybody else used of the machine meanwhile."""

    @property
    def ratio(self) -> float:
        """Of invocations a second to the trivial server's requests a second."""
        return self.per_second / self.baseline_per_second


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Single calls, one after another."""

    calls: int
    p50_ms: float
    p99_ms: float
    edge_cpu_ms: float


@contextmanager
def trivial_server() -> Iterator[tuple[int, int]]:
    """The port and pid of a baseline server that lives as long as the body."""
    command = [sys.executable, "-m", "benchmarks.baseline"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("pipes were asked for")
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.stdin.close()


class Bench:
    """One target and how long to measure it."""

    def __init__(self, target: Target, *, runtime: str, memory_mb: int, seconds: float) -> None:
        self._target, self._runtime, self._memory_mb = target, runtime, memory_mb
        self._seconds = seconds
        self._edge = target.processes().get("edge", 0)

    async def warm(self, concurrencies: list[int]) -> list[Warm]:
        """Warm invocations, the trivial server measured just before each concurrency."""
        rows = []
        with self._function() as name, trivial_server() as (port, pid):
            for connections in concurrencies:
                request = self._target.invocation(name, PAYLOAD)
                await self._run(request, connections, seconds=min(1.0, self._seconds))
                baseline, baseline_cpu = await self._baseline(request, port, pid, connections)
                rows.append(await self._warm(request, connections, baseline, baseline_cpu))
        return rows

    async def large(self, calls: int) -> Latency:
        """The largest payload that AWS takes, there and back."""
        payload = b'"' + b"x" * (LARGEST - 2) + b'"'
        with self._function() as name:
            request = self._target.invocation(name, payload)
            await self._run(request, 1, most=2)
            edge = Meter([self._edge])
            sample = await self._run(request, 1, most=calls)
            return latency(sample.latencies_us, edge.used([self._edge]))

    def memory(self) -> dict[str, int]:
        """Bytes of each named process and of all others of ours together, shared pages shared out."""
        named = self._target.processes()
        found = {name: pss_bytes(pid) for name, pid in named.items()}
        others = self._target.everything() - set(named.values())
        found["supervisor, cells"] = sum(map(pss_bytes, others))
        return found

    async def _warm(
        self, request: bytes, connections: int, baseline: Sample, baseline_cpu: float
    ) -> Warm:
        edge, runtimes = Meter([self._edge]), Meter(self._target.runtimes())
        client, cores = time.process_time(), Cores()
        sample = await self._run(request, connections)
        busy = cores.busy()
        edge_cpu, runtime_cpu = edge.used([self._edge]), runtimes.used(self._target.runtimes())
        own = (time.process_time() - client + edge_cpu + runtime_cpu) / max(sample.seconds, 1e-9)
        count = max(sum(sample.statuses.values()), 1)
        return Warm(
            connections=connections,
            per_second=sample.answered / sample.seconds,
            p50_us=sample.quantile_us(0.5),
            p99_us=sample.quantile_us(0.99),
            edge_cpu_us=edge_cpu / count * 1e6,
            runtime_cpu_us=runtime_cpu / count * 1e6,
            refused=sample.refused,
            baseline_per_second=baseline.answered / baseline.seconds,
            baseline_p50_us=baseline.quantile_us(0.5),
            baseline_cpu_us=baseline_cpu / max(baseline.answered, 1) * 1e6,
            other_load_cores=max(busy - own, 0.0),
        )

    async def _baseline(
        self, request: bytes, port: int, pid: int, connections: int
    ) -> tuple[Sample, float]:
        before = cpu_seconds(pid)
        seconds = min(1.0, self._seconds)
        sample = await run_load(
            "127.0.0.1", port, request, connections=connections, seconds=seconds
        )
        return sample, cpu_seconds(pid) - before

    async def _run(
        self,
        request: bytes,
        connections: int,
        *,
        seconds: float | None = None,
        most: int = 1_000_000,
    ) -> Sample:
        return await run_load(
            self._target.host,
            self._target.port,
            request,
            connections=connections,
            seconds=(self._seconds if most > 1_000 else 60.0) if seconds is None else seconds,
            most=most,
        )

    @contextmanager
    def _function(self) -> Iterator[str]:
        name = f"bench-{uuid.uuid4().hex[:12]}"
        self._target.create(name, self._runtime, memory_mb=self._memory_mb)
        try:
            yield name
        finally:
            self._target.delete(name)


def latency(took_us: list[float], edge_cpu_seconds: float) -> Latency:
    sample = Sample(latencies_us=took_us)
    return Latency(
        calls=sample.answered,
        p50_ms=sample.quantile_us(0.5) / 1e3,
        p99_ms=sample.quantile_us(0.99) / 1e3,
        edge_cpu_ms=edge_cpu_seconds / max(sample.answered, 1) * 1e3,
    )
