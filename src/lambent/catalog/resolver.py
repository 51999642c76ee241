"""The functions that the edge knows, in memory."""

from collections.abc import Callable, Iterable

from lambent.model.function import LATEST, FunctionKey, FunctionVersion
from lambent.model.traffic import Traffic

Watcher = Callable[[FunctionVersion | None, FunctionVersion | None], None]
"""Called with what was known before and what is now; None for nothing."""
TrafficWatcher = Callable[[Traffic], None]
"""Called with what is known now of a function as a whole."""


class Resolver:
    """What each function key stands for right now; `feed` fills it, `find` is on the hot path."""

    def __init__(self) -> None:
        self._versions: dict[FunctionKey, FunctionVersion] = {}
        self._published: dict[FunctionKey, set[FunctionKey]] = {}
        """By a function's $LATEST its other versions."""
        self._traffic: dict[FunctionKey, Traffic] = {}
        self._watchers: list[Watcher] = []
        self._traffic_watchers: list[TrafficWatcher] = []

    def find(self, key: FunctionKey) -> FunctionVersion | None:
        """The version that runs under `key`: the active one, else the one that is configured (pending or failed)."""
        return self._versions.get(key)

    def traffic(self, key: FunctionKey) -> Traffic | None:
        """Of the function whose $LATEST is `key`: its aliases and concurrency; None when it has neither."""
        return self._traffic.get(key)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` from now on, after each change and never for a version that stayed as it was."""
        self._watchers.append(watcher)

    def watch_traffic(self, watcher: TrafficWatcher) -> None:
        """Call `watcher` with what is known now, and from now on after each change."""
        self._traffic_watchers.append(watcher)
        for traffic in self._traffic.values():
            watcher(traffic)

    def load(self, versions: Iterable[FunctionVersion], traffic: Iterable[Traffic] = ()) -> None:
        """Know `versions` and `traffic` and nothing else."""
        before, self._versions = self._versions, {version.key: version for version in versions}
        self._published = {}
        for key in self._versions:
            self._enter(key)
        guided = {one.key: one for one in traffic}
        for key in self._traffic.keys() - guided.keys():
            self.guide(Traffic(key=key))
        for one in guided.values():
            self.guide(one)
        for key in before.keys() | self._versions.keys():
            self._tell(before.get(key), self._versions.get(key))

    def put(self, version: FunctionVersion) -> None:
        """Know `version`, in place of what had its key."""
        before = self._versions.get(version.key)
        self._versions[version.key] = version
        self._enter(version.key)
        self._tell(before, version)

    def remove(self, key: FunctionKey) -> None:
        """Know nothing under `key`, of $LATEST nothing of the function; harmless when that is so already."""
        if key.version == LATEST:
            for published in tuple(self._published.get(key, ())):
                self.remove(published)
            self.guide(Traffic(key=key))
        else:
            self._leave(key)
        self._tell(self._versions.pop(key, None), None)

    def guide(self, traffic: Traffic) -> None:
        """Know `traffic` of its function."""
        if traffic == self._traffic.get(traffic.key, Traffic(key=traffic.key)):
            return
        if traffic == Traffic(key=traffic.key):
            del self._traffic[traffic.key]
        else:
            self._traffic[traffic.key] = traffic
        for watcher in self._traffic_watchers:
            watcher(traffic)

    def _enter(self, key: FunctionKey) -> None:
        if key.version != LATEST:
            self._published.setdefault(key.latest, set()).add(key)

    def _leave(self, key: FunctionKey) -> None:
        siblings = self._published.get(key.latest)
        if siblings is not None:
            siblings.discard(key)
            if not siblings:
                del self._published[key.latest]

    def _tell(self, before: FunctionVersion | None, now: FunctionVersion | None) -> None:
        if before == now:
            return
        for watcher in self._watchers:
            watcher(before, now)
