"""The edge's memory of functions."""

from lambent.catalog.resolver import Resolver
from lambent.model.function import FunctionVersion
from lambent.model.traffic import Route, Traffic
from tests.fakes.versions import key, version


class Seen:
    def __init__(self) -> None:
        self.changes: list[tuple[FunctionVersion | None, FunctionVersion | None]] = []

    def __call__(self, before: FunctionVersion | None, now: FunctionVersion | None) -> None:
        self.changes.append((before, now))


def watched() -> tuple[Resolver, Seen]:
    resolver, seen = Resolver(), Seen()
    resolver.watch(seen)
    return resolver, seen


def test_what_was_put_is_found_until_it_is_removed() -> None:
    resolver, _ = watched()
    assert resolver.find(key()) is None
    resolver.put(version())
    assert resolver.find(key()) == version()
    assert resolver.find(key(region="cn-north-1")) is None
    resolver.remove(key())
    assert resolver.find(key()) is None


def test_a_load_replaces_everything_and_tells_only_what_changed() -> None:
    resolver, seen = watched()
    resolver.load([version("same"), version("old"), version("changing")])
    seen.changes.clear()
    changed = version("changing", revision_id="r2")
    resolver.load([version("same"), changed, version("new")])
    assert sorted(seen.changes, key=str) == sorted(
        [(version("old"), None), (version("changing"), changed), (None, version("new"))], key=str
    )
    assert resolver.find(key("old")) is None


def test_a_change_is_told_once_it_is_true() -> None:
    resolver = Resolver()
    found: list[FunctionVersion | None] = []
    resolver.watch(lambda _before, _now: found.append(resolver.find(key())))
    resolver.put(version())
    resolver.remove(key())
    assert found == [version(), None]


def test_what_stays_as_it_was_is_not_told() -> None:
    resolver, seen = watched()
    resolver.put(version())
    resolver.put(version())
    resolver.remove(key("nobody"))
    assert seen.changes == [(None, version())]


def numbered(number: str) -> FunctionVersion:
    return version(key=key()._replace(version=number))


def test_versions_and_traffic_end_with_their_function() -> None:
    resolver, seen = watched()
    told: list[Traffic] = []
    resolver.watch_traffic(told.append)
    for one in (version(), numbered("1"), numbered("2"), version("other")):
        resolver.put(one)
    guided = Traffic(key=key(), aliases={"live": Route(version="1")})
    resolver.guide(guided)
    resolver.remove(numbered("2").key)
    assert resolver.find(numbered("1").key) == numbered("1")
    assert resolver.traffic(key()) == guided
    resolver.remove(key())
    assert [resolver.find(k) for k in (key(), numbered("1").key)] == [None, None]
    assert resolver.traffic(key()) is None
    assert told == [guided, Traffic(key=key())]
    assert seen.changes[-1] == (version(), None)
    resolver.put(numbered("1"))
    assert resolver.find(numbered("1").key) == numbered("1")


def test_a_load_replaces_traffic_and_tells_only_what_changed() -> None:
    resolver, _ = watched()
    same, old = (Traffic(key=key(n), reserved=1) for n in ("same", "old"))
    resolver.load([], [same, old])
    told: list[Traffic] = []
    resolver.watch_traffic(told.append)
    assert told == [same, old]
    told.clear()
    new = Traffic(key=key("new"), provisioned={"1": 2})
    resolver.load([], [same, new])
    assert told == [Traffic(key=key("old")), new]
    assert resolver.traffic(key("old")) is None
