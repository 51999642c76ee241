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

from benchmarks.load import LoadFailed
from benchmarks.measure import Bench, Latency, Warm
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
    cold: Latency
    large: Latency


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
    parser.add_argument("--rest", type=float, default=0.3, help="seconds before each of them")
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
    return Results(
        version=str(health.get("version", "")),
        isolation=str(health.get("isolation", "")),
        runtime=runtime,
        memory_mb=chosen.memory,
        startup_seconds=startup_seconds,
        idle_bytes=bench.memory(),
        warm=await bench.warm(chosen.concurrency),
        cold=await bench.cold(chosen.cold, rest_seconds=chosen.rest),
        large=await bench.large(chosen.large),
    )


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
    table = Table("one at a time", "calls", "p50 ms", "p99 ms", "edge CPU ms", box=box.SIMPLE_HEAD)
    for title, row in (("cold start", results.cold), ("6 MB there and back", results.large)):
        cells = (f"{row.p50_ms:.1f}", f"{row.p99_ms:.1f}", f"{row.edge_cpu_ms:.2f}")
        table.add_row(title, str(row.calls), *cells)
    console.print(table)
    if results.startup_seconds is not None:
        console.print(f"start to first healthy answer: {results.startup_seconds * 1e3:.0f} ms")
    parts = ", ".join(f"{name} {size / 2**20:.0f}" for name, size in results.idle_bytes.items())
    total = sum(results.idle_bytes.values()) / 2**20
    console.print(f"idle memory (PSS): {total:.0f} MiB = {parts}")


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
