"""Whether a function's package relies on the SDK that its runtime brings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SOURCES: Final = frozenset({".py", ".js", ".mjs", ".cjs"})
_NAMES: Final = (b"boto3", b"botocore", b"@aws-sdk/", b"@smithy/")
_OWN_COPIES: Final = ("boto3", "python/boto3", "node_modules/@aws-sdk")
_MOST_BYTES: Final = 67_108_864
"""Read of one package; a larger one is taken to use the SDK."""


def relies_on_sdk(tree: Path) -> bool:
    """Whether any source in `tree` names AWS's SDK and the package has no copy of its own. Reads files: blocks.

    What is imported by a name put together at run time is not seen; the SDK is then there if another function asked for it.
    """
    if any((tree / copy).is_dir() for copy in _OWN_COPIES):
        return False
    left = _MOST_BYTES
    for source in _sources(tree):
        text = source.read_bytes()
        left -= len(text)
        if left < 0 or any(name in text for name in _NAMES):
            return True
    return False


def _sources(tree: Path) -> Iterator[Path]:
    for path in tree.rglob("*"):
        if path.suffix in _SOURCES and path.is_file() and not path.is_symlink():
            yield path
