"""AWS's own SDKs as functions find them where their package has none: boto3, and `@aws-sdk/*` of version 3."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lambent.runtimes.fetching import FetchFailure, carry_out, npm_in
from lambent.runtimes.folders import open_to_all, standing
from lambent.runtimes.installed import InstalledRuntime
from lambent.runtimes.probing import compile_arguments

_LOCKS: Final = Path(__file__).parent / "locks"
_OLD_PYTHONS: Final = ("python3.8", "python3.9")
_OLD_NODES: Final = ("nodejs18.x",)
_UNREAD: Final = ("*.d.ts", "*.d.mts", "*.d.cts", "*.map", "*.md")
"""Files of npm packages that no function reads: two thirds of what is fetched."""


def sdk_folder(sdk_dir: Path, identifier: str) -> Path:
    """The folder of `sdk_dir` that functions of the runtime `identifier` are shown, whatever it holds by then."""
    if identifier.startswith("python"):
        return sdk_dir / identifier
    return sdk_dir / ("nodejs18" if identifier in _OLD_NODES else "nodejs")


class SdkStore:
    """Fetches SDKs into `sdk_dir`, in the versions of the locks that lambent comes with."""

    def __init__(
        self,
        *,
        sdk_dir: Path,
        search_path: Sequence[Path],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`environ` is that of npm and pip, if not this process's own."""
        self._sdk_dir, self._search_path, self._environ = sdk_dir, search_path, environ

    def has(self, identifier: str) -> bool:
        """Whether functions of `identifier` have their SDK, or need none."""
        place = self._place(identifier)
        return place is None or place.is_dir()

    async def fetch(self, runtime: InstalledRuntime) -> None:
        """Fetch the SDK of `runtime` unless it is there; running environments see it too.

        Raises FetchFailure, OSError. Cancelling leaves nothing half done.
        """
        place = self._place(runtime.identifier)
        if place is None or place.is_dir():
            return
        standing(place.parent)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self._sdk_dir))
        try:
            if runtime.identifier.startswith("python"):
                await self._fetch_boto3(runtime, making)
            else:
                await self._fetch_aws_sdk(runtime.identifier, making)
            fetched = making / place.name
            await asyncio.to_thread(open_to_all, fetched)
            if not place.is_dir():
                fetched.rename(place)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _place(self, identifier: str) -> Path | None:
        folder = sdk_folder(self._sdk_dir, identifier)
        if identifier.startswith("python"):
            return folder / "site-packages"
        return folder / "node_modules" if identifier.startswith("nodejs") else None

    async def _fetch_boto3(self, runtime: InstalledRuntime, making: Path) -> None:
        target, series = making / "site-packages", runtime.identifier.removeprefix("python")
        name = runtime.identifier if runtime.identifier in _OLD_PYTHONS else "python"
        try:
            await carry_out(
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"),
                *("--disable-pip-version-check", "--no-compile", "--retries", "1"),
                *("--timeout", "10", "--target", str(target), "--python-version", series),
                *("--only-binary", ":all:", "--require-hashes", "-r", str(_LOCKS / f"{name}.lock")),
                at=making,
                environ=self._environ,
            )
        except FetchFailure as failure:
            raise _not_fetched("boto3", runtime.identifier, failure) from failure
        # Compiled by the very interpreter: inside a sandbox nothing can be written beside the sources.
        await carry_out(
            *(str(runtime.executable), *compile_arguments(target)),
            at=making,
            environ=self._environ,
        )

    async def _fetch_aws_sdk(self, identifier: str, making: Path) -> None:
        locks = _LOCKS / ("nodejs18" if identifier in _OLD_NODES else "nodejs")
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(locks / name, making / name)
        try:
            await carry_out(
                *(str(npm_in(self._search_path)), "ci", "--omit=dev", "--ignore-scripts"),
                *("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"),
                *("--fetch-timeout=20000",),
                at=making,
                environ=self._environ,
            )
        except FetchFailure as failure:
            raise _not_fetched("AWS's SDK for JavaScript", identifier, failure) from failure
        await asyncio.to_thread(_prune, making / "node_modules")


def _prune(packages: Path) -> None:
    for pattern in _UNREAD:
        for path in packages.rglob(pattern):
            if path.is_file() and not path.is_symlink():
                path.unlink()


def _not_fetched(what: str, identifier: str, failure: FetchFailure) -> FetchFailure:
    return FetchFailure(
        f"{what} for functions of {identifier} could not be fetched: {failure} Until it is there they have only what "
        f"their packages bring; `lambent runtimes install {identifier}` tries again, `sdk = false` below [runtimes] in "
        "lambent.toml leaves it out."
    )
