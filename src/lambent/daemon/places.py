"""Where an ordinary user's daemon lives: root's places in /run and /var are closed to it."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from lambent.daemon.failure import StartFailure

_REMEDY = "set XDG_RUNTIME_DIR to a directory of your own."
_OF_ROOT = Path("/run/lambent"), Path("/var/lib/lambent")


def run_root_of(environ: Mapping[str, str], *, uid: int) -> Path:
    """The directory of run directories: of root's daemons /run/lambent, of another user's one that is that user's alone."""
    if uid == 0:
        return _OF_ROOT[0]
    for folder in (environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{uid}"):
        if folder and Path(folder).is_dir() and Path(folder).stat().st_uid == uid:
            return Path(folder, "lambent")
    return Path(f"/tmp/lambent-{uid}")  # noqa: S108  that it is this user's is seen to by `own`


def data_dir_of(environ: Mapping[str, str], *, uid: int) -> Path:
    """The data directory where none is named."""
    if uid == 0:
        return _OF_ROOT[1]
    named = environ.get("XDG_DATA_HOME", "")
    below = Path(named) if named.startswith("/") else Path.home() / ".local/share"
    return below / "lambent"


def own(run_root: Path) -> Path:
    """Make the directory if need be. Raises StartFailure where it is not this user's own: /tmp is everybody's."""
    try:
        run_root.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        status = run_root.lstat()
    except OSError as error:
        raise StartFailure(
            f"The run directory {run_root} can't be made ({error.strerror}); {_REMEDY}"
        ) from error
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise StartFailure(f"{run_root} is another user's; {_REMEDY}")
    return run_root
