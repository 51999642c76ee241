"""How the tree that functions see at /opt is called: control makes it, the edge has it shown."""

import hashlib
from collections.abc import Sequence
from typing import Final

from lambent.model.function import LayerReference

_PREFIX: Final = "opt-"
"""So that it is never a package's name."""


def opt_tree_name(layers: Sequence[LayerReference]) -> str:
    """The name of the tree of `layers`, merged in their order; the same packages have the same tree whatever layers they are of."""
    ordered = "".join(layer.package_sha256 for layer in layers)
    return f"{_PREFIX}{hashlib.sha256(ordered.encode()).hexdigest()}"
