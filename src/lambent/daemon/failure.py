"""Why the daemon does not start, in one sentence for the person who started it."""

import errno
from pathlib import Path
from typing import Final

_REASONS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOTDIR: "it is not a directory",
    errno.EEXIST: "it is not a directory",
    errno.EIO: "the disk reports an input/output error",
}


class StartFailure(Exception):
    """The daemon can't start; the text is the whole message, without a traceback."""


def unusable(what: str, path: Path, error: OSError) -> StartFailure:
    """The failure for `what` (say "the data directory") at `path`, from what the kernel said."""
    reason = _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())
    return StartFailure(f"Cannot use {what} {path}: {reason}.")
