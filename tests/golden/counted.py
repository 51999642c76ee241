"""src/lambent/daemon/golden_pairs.py: how many golden pairs each operation has."""

from collections import Counter
from pathlib import Path
from typing import Final

from tests.golden.register import CASES

PAIRS_FILE: Final = Path(__file__).parents[2] / "src/lambent/daemon/golden_pairs.py"
_HEAD: Final = """\
\"\"\"How many golden pairs of a request and AWS's answer hold each operation of Lambda: successes, errors.

Made from tests/golden by `./lambent renew`; a test fails when it is old.
\"\"\"

from collections.abc import Mapping
from typing import Final

GOLDEN_PAIRS: Final[Mapping[str, tuple[int, int]]] = {
"""


def pairs() -> dict[str, tuple[int, int]]:
    """Operation -> how many of success and of errors."""
    found = Counter((case.operation, bool(case.error)) for case in CASES)
    operations = sorted({case.operation for case in CASES})
    return {name: (found[name, False], found[name, True]) for name in operations}


def counted() -> str:
    """The module's text."""
    rows = [f'    "{name}": {numbers},\n' for name, numbers in pairs().items()]
    return _HEAD + "".join(rows) + "}\n"
