"""Whether a function's package or layers rely on the SDK that its runtime brings."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

_SOURCES: Final = frozenset({".py", ".js", ".mjs", ".cjs"})
_NAMES: Final = (b"boto3", b"botocore", b"@aws-sdk/", b"@smithy/")
_OWN_COPIES: Final = (
    "boto3",
    "python/boto3",
    "node_modules/@aws-sdk",
    "nodejs/node_modules/@aws-sdk",
)
_MOST_BYTES: Final = 67_108_864
"""Read of one package; a larger one is taken to use the SDK."""


def relies_on_sdk(trees: Sequence[Path]) -> bool:
    """Whether any source in `trees`, code and layers, names AWS's SDK and none of them has a copy. Reads files: blocks.

    What is imported by a name put together at run time is not seen; the SDK is then there if another function asked for it.
    """
    if any((tree / copy).is_dir() for tree in trees for copy in _OWN_COPIES):
        return False
    left = _MOST_BYTES
    for source in chain.from_iterable(map(_sources, trees)):
        text = source.read_bytes()
        left -= len(text)
        if left < 0 or any(name in text for name in _NAMES):
            return True
    return False


def _sources(tree: Path) -> Iterator[Path]:
    for path in tree.rglob("*"):
        if path.suffix in _SOURCES and path.is_file() and not path.is_symlink():
            yield path
