"""RUN/status.json: what the supervisor knows of its children; the edge shows it as health."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

_log = logging.getLogger(__name__)


class StatusFile:
    """The file, replaced whole so that a reader never sees half of it."""

    def __init__(self, path: Path, *, facts: Mapping[str, object] | None = None) -> None:
        """`facts` stay as they are, and stand beside what changes."""
        self._path, self._facts = path, facts or {}
        self._written = ""

    def write(
        self,
        *,
        processes: Mapping[str, int],
        restarts: Mapping[str, int],
        looping: Sequence[str],
    ) -> None:
        """Write it if anything has changed; `looping` are the programs whose work is not being done."""
        content = {
            **self._facts,
            "status": "degraded" if looping else "ok",
            "processes": dict(processes),
            "restarts": dict(restarts),
            "crash_looping": list(looping),
        }
        text = json.dumps(content)
        if text == self._written:
            return
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(text)
            fresh.chmod(
                0o644
            )  # the edge is of another user; the run directory is closed to all others
            fresh.replace(self._path)
        except OSError as error:  # tried again at the next change; no reason to end the daemon
            _log.error("cannot write %s: %s", self._path, error.strerror)
            return
        self._written = text
