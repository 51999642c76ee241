"""The functions that the edge knows, in memory."""

from collections.abc import Callable, Iterable

from lambent.model.function import FunctionKey, FunctionVersion

Watcher = Callable[[FunctionVersion | None, FunctionVersion | None], None]
"""Called with what was known before and what is now; None for nothing."""


class Resolver:
    """What each function key stands for right now; `feed` fills it, `find` is on the hot path."""

    def __init__(self) -> None:
        self._versions: dict[FunctionKey, FunctionVersion] = {}
        self._watchers: list[Watcher] = []

    def find(self, key: FunctionKey) -> FunctionVersion | None:
        """The version that runs under `key`: the active one, else the one that is configured (pending or failed)."""
        return self._versions.get(key)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` from now on, after each change and never for a version that stayed as it was."""
        self._watchers.append(watcher)

    def load(self, versions: Iterable[FunctionVersion]) -> None:
        """Know `versions` and nothing else."""
        before, self._versions = self._versions, {version.key: version for version in versions}
        for key in before.keys() | self._versions.keys():
            self._tell(before.get(key), self._versions.get(key))

    def put(self, version: FunctionVersion) -> None:
        """Know `version`, in place of what had its key."""
        before = self._versions.get(version.key)
        self._versions[version.key] = version
        self._tell(before, version)

    def remove(self, key: FunctionKey) -> None:
        """Know nothing under `key`; harmless when that is so already."""
        self._tell(self._versions.pop(key, None), None)

    def _tell(self, before: FunctionVersion | None, now: FunctionVersion | None) -> None:
        if before == now:
            return
        for watcher in self._watchers:
            watcher(before, now)
