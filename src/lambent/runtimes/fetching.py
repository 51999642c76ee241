"""Running the registries' own clients, npm and pip, which know the user's registry, proxy and certificates."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_TELLING: Final = ("error", "ERROR", "npm error")
_LONGEST_WORDS: Final = 300
_GRACE_SECONDS: Final = 5.0


class FetchFailure(Exception):
    """Something could not be fetched; the text says what, why, and what to do about it."""


async def carry_out(*command: str, at: Path, environ: Mapping[str, str] | None = None) -> str:
    """What `command`, run in the folder `at`, writes to stdout. Raises FetchFailure when it fails.

    With an environment of its own it keeps nothing but in `at`, unless that names caches. Cancelling ends it.
    """
    if environ is not None:
        environ = _keeping_nothing(environ, at)
    # Danger: these are programs of the operator's own installation, with the operator's environment; none is named by a request.
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=at,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise FetchFailure(f"{command[0]} does not start: {error.strerror}") from error
    try:
        out, said = await process.communicate()  # ended by the program, or by whoever cancels
    finally:
        await _end(process)
    if process.returncode:
        raise FetchFailure(f"{Path(command[0]).name} failed: {_telling(said or out)}")
    return out.decode(errors="replace")


def _keeping_nothing(environ: Mapping[str, str], at: Path) -> Mapping[str, str]:
    kept = {"npm_config_cache": str(at / ".npm"), **environ}
    return kept if "PIP_CACHE_DIR" in kept else {"PIP_NO_CACHE_DIR": "1", **kept}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()


def _telling(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(_TELLING)]
    return "; ".join((errors or lines or ["without a word"])[:3])[:_LONGEST_WORDS]


def npm_in(search_path: Sequence[Path]) -> Path:
    """The npm of this host. Raises FetchFailure when there is none."""
    found = shutil.which("npm", path=":".join(map(str, search_path)))
    if found is None:
        raise FetchFailure(
            "npm, which fetches it, is not in PATH: install it (on Debian and Ubuntu `apt-get install npm`) and try again."
        )
    return Path(found)
