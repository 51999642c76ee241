"""`./lambent bench`: everything in one run, as a table or as JSON."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

import uvloop
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.company import Beside, Company
from benchmarks.emulator import Emulator, Missing, Theirs
from benchmarks.load import LoadFailed
from benchmarks.measure import Bench, Latency, Warm
from benchmarks.programs import Program, programs
from benchmarks.starts import Burst, Starts
from benchmarks.target import Keys, NotReady, Target, is_root, started


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What one run found."""

    version: str
    isolation: str
    runtime: str
    memory_mb: int
    startup_seconds: float | None
    """None when the daemon ran already."""
    idle_bytes: dict[str, int]
    warm: list[Warm]
    large: Latency
    cold: dict[str, Latency]
    """By runtime, a stem cell ready."""
    cold_without_cell: dict[str, Latency]
    """None is kept: the interpreter is brought up too. Empty for a lambent that was not started here."""
    frozen: Latency
    burst: Burst
    beside: list[Beside]
    """Small calls alone, then beside clients without manners."""
    emulator: Theirs | str
    """AWS's, in the same run; else why it is missing."""


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="lambent bench", description=__doc__)
    parser.add_argument("--endpoint", help="measure what runs there; default: start a daemon")
    parser.add_argument("--access-key", default="test")
    parser.add_argument("--secret-key", default="test")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--runtime", help="default: the newest Python of the host")
    parser.add_argument("--memory", type=int, default=1769, help="MemorySize, default %(default)s")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each warm measurement")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--cold", type=int, default=20, help="how many cold starts")
    parser.add_argument("--burst", type=int, default=100, help="environments at once, from none")
    parser.add_argument("--full", action="store_true", help="a burst of 500 environments")
    parser.add_argument("--large", type=int, default=20, help="how many 6 MB calls")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 0 when everything could be measured."""
    chosen = arguments(argv)
    if not is_root():
        print("not root: memory and the runtimes' CPU time cannot be read", file=sys.stderr)
    try:
        if chosen.endpoint:
            keys = Keys(
                access_key=chosen.access_key, secret_key=chosen.secret_key, region=chosen.region
            )
            results = uvloop.run(measure(Target(chosen.endpoint, keys), chosen, None))
        else:
            with started(chosen.region) as (target, seconds):
                results = uvloop.run(measure(target, chosen, seconds))
    except (NotReady, LoadFailed, OSError) as error:
        print(f"lambent bench: {error}", file=sys.stderr)
        return 1
    if chosen.json:
        print(json.dumps(as_json(results), indent=2))
    else:
        show(results, Console())
    return 0


async def measure(
    target: Target, chosen: argparse.Namespace, startup_seconds: float | None
) -> Results:
    """All measurements, idle memory first."""
    runtime = chosen.runtime or target.newest_python()
    health = target.health()
    bench = Bench(target, runtime=runtime, memory_mb=chosen.memory, seconds=chosen.seconds)
    starts = Starts(target, memory_mb=chosen.memory)
    measured = [chosen.runtime] if chosen.runtime else target.runtimes_there()
    echoes = programs(measured)
    company = Company(target, runtime=runtime, memory_mb=chosen.memory, seconds=chosen.seconds)
    return Results(
        version=str(health.get("version", "")),
        isolation=str(health.get("isolation", "")),
        runtime=runtime,
        memory_mb=chosen.memory,
        startup_seconds=startup_seconds,
        idle_bytes=bench.memory(),
        warm=await bench.warm(chosen.concurrency),
        large=await bench.large(chosen.large),
        cold=await _cold(starts, echoes, chosen, cells=True),
        cold_without_cell=await _without_cells(echoes, chosen) if startup_seconds else {},
        frozen=await starts.frozen(echoes[0], chosen.cold),
        burst=await starts.burst(runtime, 500 if chosen.full else chosen.burst),
        beside=await company.rows(),
        emulator=await _emulator(target, runtime, chosen),
    )


async def _emulator(target: Target, runtime: str, chosen: argparse.Namespace) -> Theirs | str:
    try:
        emulator = Emulator()
    except Missing as missing:
        return str(missing)
    return await emulator.beside(
        target, runtime=runtime, memory_mb=chosen.memory, seconds=chosen.seconds, cold=chosen.cold
    )


async def _cold(
    starts: Starts, echoes: list[Program], chosen: argparse.Namespace, *, cells: bool
) -> dict[str, Latency]:
    return {echo.runtime: await starts.cold(echo, chosen.cold, cells=cells) for echo in echoes}


async def _without_cells(echoes: list[Program], chosen: argparse.Namespace) -> dict[str, Latency]:
    with started(chosen.region, cells=0) as (target, _):
        target.runtimes_there()
        return await _cold(Starts(target, memory_mb=chosen.memory), echoes, chosen, cells=False)


def as_json(results: Results) -> dict[str, Any]:
    """For machines to compare."""
    found = asdict(results)
    for row, warm in zip(found["warm"], results.warm, strict=True):
        row["ratio"] = warm.ratio
    found["idle_total_bytes"] = sum(results.idle_bytes.values())
    return found


def show(results: Results, console: Console) -> None:
    """For people."""
    console.print(
        f"lambent {results.version}, {results.runtime}, isolation {results.isolation}, "
        f"MemorySize {results.memory_mb}; signed requests, log capture on"
    )
    console.print(_warm_table(results.warm))
    console.print(_single_table(results))
    console.print(_burst_line(results.burst))
    console.print(_beside_table(results.beside))
    console.print(_emulator_line(results))
    if results.startup_seconds is not None:
        console.print(f"start to first healthy answer: {results.startup_seconds * 1e3:.0f} ms")
    parts = ", ".join(f"{name} {size / 2**20:.0f}" for name, size in results.idle_bytes.items())
    total = sum(results.idle_bytes.values()) / 2**20
    console.print(f"idle memory (PSS): {total:.0f} MiB = {parts}")


def _single_table(results: Results) -> Table:
    rows = [(f"cold start, {name}", row) for name, row in results.cold.items()]
    rows += [(f"… without a cell, {name}", row) for name, row in results.cold_without_cell.items()]
    rows += [("frozen before", results.frozen), ("6 MB there and back", results.large)]
    table = Table("one at a time", "calls", "p50 ms", "p99 ms", "edge CPU ms", box=box.SIMPLE_HEAD)
    for title, row in rows:
        cells = (f"{row.p50_ms:.1f}", f"{row.p99_ms:.1f}", f"{row.edge_cpu_ms:.2f}")
        table.add_row(title, str(row.calls), *cells)
    return table


def _beside_table(rows: list[Beside]) -> Table:
    columns = ("a small call beside", "calls", "p50 ms", "p99 ms", "worst", "refused", "they did")
    table = Table(*columns, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        figures = (f"{row.p50_ms:.2f}", f"{row.p99_ms:.1f}", f"{row.worst_ms:.0f}")
        did = ", ".join(f"{count:,} {what}" for what, count in row.they_did.items())
        company = row.company or "nobody"
        table.add_row(company, f"{row.calls:,}", *figures, str(row.refused), did)
    return table


def _emulator_line(results: Results) -> str:
    theirs = results.emulator
    if isinstance(theirs, str):
        return f"no row of AWS's emulator: {theirs}"
    ours = next(iter(results.cold.values())).p50_ms
    return (
        f"AWS's emulator ({theirs.version}, without isolation), calls of one client in turns: warm p50 "
        f"{theirs.warm_p50_us:.0f} µs, p99 {theirs.warm_p99_us:.0f}; lambent {theirs.ours_p50_us:.0f} µs, p99 "
        f"{theirs.ours_p99_us:.0f}: ratio {theirs.ratio:.2f}; cold p50 {theirs.cold.p50_ms:.0f} ms, p99 "
        f"{theirs.cold.p99_ms:.0f}; lambent p50 {ours:.1f}"
    )


def _burst_line(burst: Burst) -> str:
    return (
        f"burst 0 to {burst.environments}: {burst.seconds:.2f} s, {burst.per_second:.0f} environments/s, "
        f"p50 {burst.p50_ms:.0f} ms, {burst.refused} refused; idle each {burst.idle_bytes / 2**20:.1f} MiB "
        f"of the host's memory (PSS {burst.pss_bytes / 2**20:.1f}), all frozen after "
        f"{burst.frozen_seconds:.2f} s; {burst.ended_per_second:.0f} ended/s"
    )


def _warm_table(rows: list[Warm]) -> Table:
    table = Table(
        "c",
        "calls/s",
        "p50 µs",
        "p99 µs",
        "edge",
        "runtime",
        "refused",
        "trivial",
        "ratio",
        "others",
        title="warm invocations",
        caption="c: calls at once · edge, runtime: CPU µs a call · trivial: requests/s of a bare uvloop server · "
        "ratio: calls to those · others: cores that other programs used",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in table.columns:
        column.justify, column.no_wrap = "right", True
    for row in rows:
        table.add_row(
            str(row.connections),
            f"{row.per_second:,.0f}",
            f"{row.p50_us:,.0f}",
            f"{row.p99_us:,.0f}",
            f"{row.edge_cpu_us:.1f}",
            f"{row.runtime_cpu_us:.1f}",
            str(row.refused),
            f"{row.baseline_per_second:,.0f}",
            f"{row.ratio:.2f}",
            f"{row.other_load_cores:.1f}",
        )
    return table
