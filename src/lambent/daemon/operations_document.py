"""docs/operations.md: each operation of Lambda, whether it is built, what has an effect, and how it is tested."""

from collections.abc import Mapping, Sequence
from typing import Final

from lambent.daemon.operations import inputs
from lambent.services.effects import Fate, Member
from lambent.wire.models import Models

_HEAD: Final = """\
# The operations of Lambda

Made from the code by `./lambent renew`; a test fails when it is not what the code says. `lambent operations` shows the same of a
running daemon.

- **built**: it does what AWS's does; **says there is none**: what it is about does not exist here, and it answers so, as AWS
  does of what does not exist; **not yet**: it answers 501.
- **effective**, **without effect**, **refused**: how many of its inputs are which; [effects.md](effects.md) says which and why.
- **golden pairs**: requests of which AWS's answer is known, to the byte, from its documents or from recordings; successes and
  errors. A test fails when an operation that is built has none for success, or none for an error that AWS's model gives it and that
  it can answer here.

| operation | | effective | without effect | refused | golden successes | golden errors |
|---|---|---|---|---|---|---|
"""


def operations_document(models: Models, pairs: Mapping[str, tuple[int, int]]) -> str:
    """The document's text; `pairs` as `golden_pairs` has them."""
    built = inputs(models)["lambda"]
    rows = [
        _row(operation, built.get(operation), pairs.get(operation))
        for operation in sorted(models.service("lambda").operations)
    ]
    return _HEAD + "".join(rows)


def _row(operation: str, members: Sequence[Member] | None, pairs: tuple[int, int] | None) -> str:
    if members is None:
        return f"| {operation} | not yet | | | | | |\n"
    fates = [str(sum(m.fate is fate for m in members)) for fate in _FATES]
    state = "says there is none" if pairs and not pairs[0] else "built"
    shown = ["tested apart", ""] if pairs is None else [str(number) for number in pairs]
    return f"| {' | '.join([operation, state, *fates, *shown])} |\n"


_FATES: Final = (Fate.EFFECTIVE, Fate.WITHOUT_EFFECT, Fate.REFUSED)
