"""How many descriptors this process may have."""

import resource
from typing import Final

_FILES: Final = 262_144
"""What thousands of execution environments need."""


def raise_file_limit() -> int:
    """Allow as many descriptors as the kernel gives, up to what is needed, and answer how many those are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, max(_FILES, hard)))
    except (ValueError, OSError):  # fs.nr_open is lower, or this is not root
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
