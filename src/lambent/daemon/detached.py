"""`lambent up --detach`: starts the daemon in the background and returns when it is healthy, or says why it is not."""

import json
import os
import select
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lambent.daemon.config import Settings, log_file
from lambent.daemon.failure import StartFailure
from lambent.daemon.start import start_command

HEALTHY_SECONDS: Final = 60.0
_LAST_LINES: Final = 20
_PIECE: Final = 65_536


def start_detached(settings: Settings, *, launcher: str) -> Mapping[str, Any]:
    """Start a daemon that outlives this process; its endpoint, pid, version, data directory and log.

    Raises StartFailure with the reason and the log's last lines; the daemon has ended then. An interrupt ends it too.
    """
    settings = replace(settings, log_to_file=True)
    log = log_file(settings.data_dir)
    known = log.stat().st_size if log.exists() else 0
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as told:
        try:
            daemon = _start(start_command(settings, launcher=launcher, handover=writing), writing)
        finally:
            os.close(writing)
        try:
            health = _healthy(told.fileno())
        except BaseException:
            _end(daemon)
            raise
        if health is None:
            raise StartFailure(_reason(daemon, log, known))
        if health["crash_looping"]:
            _end(daemon)
            looping = ", ".join(health["crash_looping"])
            raise StartFailure(f"{looping} ends again and again." + _last_words(log, known))
        if daemon.stderr is not None:
            daemon.stderr.close()
        daemon.returncode = 0  # it is init's from now on: Popen must not warn of it
    shown = {key: health[key] for key in ("endpoint", "pid", "version")}
    return {**shown, "data_dir": str(settings.data_dir), "log": str(log)}


def _start(argv: Sequence[str], handover: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=(handover,),
        start_new_session=True,
        cwd="/",
    )


def _healthy(told: int) -> Mapping[str, Any] | None:
    """What the daemon tells; None when it can't any more, or not in time."""
    whole = b""
    while select.select([told], [], [], HEALTHY_SECONDS)[0]:
        piece = os.read(told, _PIECE)
        if not piece:
            health: dict[str, Any] | None = json.loads(whole) if whole else None
            return health
        whole += piece
    return None


def _reason(daemon: "subprocess.Popen[bytes]", log: Path, known: int) -> str:
    """Why it is not healthy: its own words, then what it has logged; it is ended first if it still runs."""
    late = daemon.poll() is None and not _exits_by_itself(daemon)
    words = _end(daemon).removeprefix("lambent: ").strip()
    if not words:
        words = f"The daemon was not healthy within {HEALTHY_SECONDS:.0f} s." if late else ""
    return (words or "The daemon ended before it was healthy.") + _last_words(log, known)


def _exits_by_itself(daemon: "subprocess.Popen[bytes]") -> bool:
    """Whether it ends now: its descriptors are closed a moment before it can be waited for."""
    try:
        daemon.wait(1.0)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(daemon: "subprocess.Popen[bytes]") -> str:
    """End it if need be, and answer what it said on stderr."""
    if daemon.poll() is None:
        daemon.send_signal(signal.SIGTERM)
    _, words = (
        daemon.communicate()
    )  # ended by the supervisor, whose children are killed in bounded time
    return words.decode("utf-8", "replace")


def _last_words(log: Path, known: int) -> str:
    last = _last_lines(log, known)
    return f"\nThe last lines of {log}:\n" + "\n".join(last) if last else ""


def _last_lines(log: Path, known: int) -> Sequence[str]:
    """The last of what was added to the log since it had `known` bytes."""
    try:
        with log.open("rb") as file:
            file.seek(known if known <= os.fstat(file.fileno()).st_size else 0)
            return [line.decode("utf-8", "replace").rstrip() for line in deque(file, _LAST_LINES)]
    except FileNotFoundError:
        return []
