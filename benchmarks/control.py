"""`python -m benchmarks.control`: how the control plane bears many functions, and a machine that is busy with invocations.

Functions are created and listed, and every so many of them a row says how long that took; then control is called while invocations
burn the processors.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from benchmarks.target import NotReady, Target, started

BURN = {
    "app.py": b"import time\ndef handler(event, context):\n"
    b"    end = time.monotonic() + event\n    while time.monotonic() < end: pass\n"
}
ROLE = "arn:aws:iam::000000000000:role/bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What it is like with so many functions."""

    functions: int
    create_p50_ms: float
    create_p99_ms: float
    """Of those since the last row, one after another."""
    page_p50_ms: float
    """A page of 50 at the list's beginning."""
    whole_list_seconds: float
    get_p50_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Calls of control while invocations burn the processors."""

    operation: str
    calls: int
    p50_ms: float
    p99_ms: float


def main() -> int:
    """Measure and print a line of JSON for each row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.control", description=__doc__)
    parser.add_argument("--functions", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=1_000)
    parser.add_argument("--burning", type=int, default=64, help="invocations at once")
    parser.add_argument("--calls", type=int, default=200, help="of each operation beside them")
    chosen = parser.parse_args()
    try:
        with started("us-east-1") as (target, _):
            for functions in range(chosen.every, chosen.functions + 1, chosen.every):
                say(row(target, functions - chosen.every, functions))
            for beside in beside_burning(target, chosen.burning, chosen.calls):
                say(beside)
    except (NotReady, OSError) as error:
        print(f"benchmarks.control: {error}", file=sys.stderr)
        return 1
    return 0


def say(found: Row | Beside) -> None:
    """A row with what else the machine did."""
    load, _, _ = os.getloadavg()
    print(json.dumps(asdict(found) | {"machine_load": round(load, 1)}), flush=True)


def row(target: Target, before: int, functions: int) -> Row:
    """Create functions from `before` up to `functions`, then read."""
    client, runtime = target.client, target.newest_python()
    code = {"ZipFile": target.package()}
    create = partial(client.create_function, Runtime=runtime, Role=ROLE, Handler="app.handler")
    creates = [
        timed(partial(create, FunctionName=f"function-{number:06}", Code=code))
        for number in range(before, functions)
    ]
    middle = f"function-{functions // 2:06}"
    pages = [timed(lambda: client.list_functions(MaxItems=50)) for _ in range(20)]
    gets = [timed(lambda: client.get_function(FunctionName=middle)) for _ in range(20)]
    found: list[Any] = []
    whole = timed(lambda: found.extend(everything(client)))
    if len(found) != functions:
        raise NotReady(f"{len(found)} functions are listed, {functions} were created")
    return Row(
        functions=functions,
        create_p50_ms=quantile(creates, 0.5),
        create_p99_ms=quantile(creates, 0.99),
        page_p50_ms=quantile(pages, 0.5),
        whole_list_seconds=round(whole, 2),
        get_p50_ms=quantile(gets, 0.5),
    )


def everything(client: Any) -> list[Any]:
    """All functions, page by page."""
    pages = client.get_paginator("list_functions").paginate()
    return [function for page in pages for function in page["Functions"]]


def beside_burning(target: Target, burning: int, calls: int) -> list[Beside]:
    """Call control while so many invocations burn."""
    target.create("burner", target.newest_python(), memory_mb=128, files=BURN)
    client, done = target.client_for(burning), False

    def burn(_: int) -> None:
        while not done:
            client.invoke(FunctionName="burner", Payload=b"1")["Payload"].read()

    operations: dict[str, Callable[[], Any]] = {
        "ListFunctions": lambda: target.client.list_functions(MaxItems=50),
        "GetFunction": lambda: target.client.get_function(FunctionName="burner"),
    }
    with ThreadPoolExecutor(burning) as pool:
        running = [pool.submit(burn, number) for number in range(burning)]
        client.invoke(FunctionName="burner", Payload=b"1")["Payload"].read()
        try:
            return [
                Beside(
                    operation=name,
                    calls=calls,
                    p50_ms=quantile(taken := [timed(call) for _ in range(calls)], 0.5),
                    p99_ms=quantile(taken, 0.99),
                )
                for name, call in operations.items()
            ]
        finally:
            done = True
            for one in running:
                one.result()


def timed(call: Callable[[], Any]) -> float:
    """Seconds that `call` takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def quantile(seconds: Sequence[float], part: float) -> float:
    """Of so many, in milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1000, 1)


if __name__ == "__main__":
    sys.exit(main())
