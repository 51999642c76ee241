"""`./lambent soak --minutes 10 --seed 7`: cold starts and random kills over time; ends with 1 when anything was left behind."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from lambent.kit.clock import SystemClock
from tests.soak.campaign import Report, campaign


def main() -> int:
    """Run it and print what was found."""
    parser = argparse.ArgumentParser(prog="./lambent soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--cold-starts", type=int, default=0, help="at least so many")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    asked = parser.parse_args()
    clock = SystemClock()
    ends = clock.monotonic() + asked.minutes * 60

    def go_on(report: Report) -> bool:
        more: bool = report.cold_starts < asked.cold_starts
        return more or clock.monotonic() < ends

    print(f"seed {asked.seed}")  # noqa: T201 - a command's output
    with tempfile.TemporaryDirectory(prefix="lambent-soak-") as directory:
        report = campaign(
            go_on=go_on, seed=asked.seed, directory=Path(directory), say=lambda _: None
        )
    print(report)  # noqa: T201 - a command's output
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
