"""What to do about a runtime that is not there, in commands that this host has."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lambent.runtimes.looking import is_file

_DISTRIBUTIONS_OWN: Final[Mapping[tuple[str, str], str]] = {
    ("debian", "11"): "3.9",
    ("debian", "12"): "3.11",
    ("debian", "13"): "3.13",
    ("ubuntu", "20.04"): "3.8",
    ("ubuntu", "22.04"): "3.10",
    ("ubuntu", "24.04"): "3.12",
    ("ubuntu", "25.10"): "3.13",
}
"""The one Python that a release of a distribution packages."""


class Remedies:
    """Knows the host's package manager and version managers."""

    def __init__(
        self,
        *,
        homes: Sequence[Path],
        search_path: Sequence[Path],
        os_release: Path = Path("/etc/os-release"),
        data_dir: Path | None = None,
    ) -> None:
        """`data_dir` is said where lambent's own commands would take another."""
        self._options = f" --data-dir {shlex.quote(str(data_dir))}" if data_dir else ""
        self._homes, self._search_path, self._os_release = homes, search_path, os_release

    def for_python(self, series: str) -> str:
        """A sentence that says how to get a Python of `series`."""
        commands = []
        if _DISTRIBUTIONS_OWN.get(self._distribution()) == series:
            commands.append(f"`apt-get install python{series}`")
        pyenvs = [home / ".pyenv/bin" for home in self._homes]
        if self._has("pyenv", pyenvs) and self._pyenv_knows(series):
            commands.append(f"`pyenv install {series}`")
        if self._has("uv", [home / ".local/bin" for home in self._homes]):
            commands.append(f"`uv python install {series}`")
        if commands:
            return f"Install it with {' or '.join(commands)}."
        return f"Install uv (https://docs.astral.sh/uv/) and run `uv python install {series}`."

    def for_node(self, identifier: str) -> str:
        """A sentence that says how to get the Node of `identifier`, whatever this host has."""
        major = identifier.removeprefix("nodejs").removesuffix(".x")
        commands = [f"`lambent runtimes install {identifier}{self._options}`"]
        if self._has("fnm", [home / ".local/share/fnm" for home in self._homes]):
            commands.append(f"`fnm install {major}`")
        if any(is_file(home / ".nvm/nvm.sh") for home in self._homes):
            commands.append(f"`nvm install {major}`")
        return f"Install it with {' or '.join(commands)}, or put a `node` of that version in the daemon's PATH."

    def _has(self, command: str, folders: Sequence[Path]) -> bool:
        return any(is_file(folder / command) for folder in [*folders, *self._search_path])

    def _pyenv_knows(self, series: str) -> bool:
        """Whether the pyenv of a home has a recipe for `series`: an old one has none for what came after it."""
        recipes = [h / ".pyenv/plugins/python-build/share/python-build" for h in self._homes]
        found = [folder for folder in recipes if folder.is_dir()]
        return not found or any(any(folder.glob(f"{series}.[0-9]*")) for folder in found)

    def _distribution(self) -> tuple[str, str]:
        try:
            lines = self._os_release.read_text().splitlines()
        except OSError:
            return "", ""
        facts = dict(line.split("=", 1) for line in lines if "=" in line)
        return facts.get("ID", "").strip('"'), facts.get("VERSION_ID", "").strip('"')
