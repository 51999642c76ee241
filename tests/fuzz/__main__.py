"""`./lambent fuzz --requests 20000 --seed 7`: a longer campaign than the tests run; ends with 1 when it found a fault."""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import campaign


def main() -> int:
    """Run it and print what was found."""
    parser = argparse.ArgumentParser(prog="./lambent fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="lambent-fuzz-") as directory:
        report = asyncio.run(
            campaign(requests=asked.requests, seed=asked.seed, directory=Path(directory))
        )
    print(report)  # noqa: T201 - a command's output
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
