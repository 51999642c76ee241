"""What interpreters said when they were started and asked, kept so that the daemon's programs ask each of them once."""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

_PATIENCE_SECONDS: Final = 20.0


class ProbeFailure(Exception):
    """The candidate is no interpreter that can be used; the text says why."""


class Answers:
    """Answers on disk, in a folder that whoever asks shares with others that ask; nobody else may write to it.

    Only what ended well is kept, and only as long as the file that answered is the same file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(self, executable: Path, *arguments: str) -> tuple[int, str, str]:
        """As `run`, which is done without when the same was answered before. Raises ProbeFailure."""
        try:
            kept = self._folder / _name(executable, arguments)
        except OSError as error:
            raise ProbeFailure(f"does not start: {error.strerror}") from error
        with suppress(OSError, UnicodeDecodeError):
            return 0, kept.read_text("utf-8"), ""
        code, out, said = run(executable, *arguments)
        if code == 0:
            self._keep(kept, out)
        return code, out, said

    def _keep(self, kept: Path, out: str) -> None:
        with suppress(OSError):  # it is asked again then
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self._folder, delete=False
            ) as fresh:
                fresh.write(out)
            Path(fresh.name).replace(kept)


def _name(executable: Path, arguments: Sequence[str]) -> str:
    file = executable.stat()
    known = [str(executable), file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns, *arguments]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def run(executable: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout, and the telling line of stderr. Raises ProbeFailure when it does not start or end."""
    # Danger: this runs a file out of a home as whoever the daemon is, so homes are only the operator's own: root's and
    # that of the user who called sudo. It sees neither our environment nor our input.
    try:
        done = subprocess.run(  # noqa: S603  # see above
            [str(executable), *arguments],
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except OSError as error:
        raise ProbeFailure(f"does not start: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ProbeFailure(f"does not answer within {_PATIENCE_SECONDS:.0f} s") from error
    said = done.stderr.decode(errors="replace").strip().splitlines() or ["without a word"]
    telling = said[-1] if said[0].startswith("Traceback") else said[0]
    return done.returncode, done.stdout.decode(errors="replace"), telling
