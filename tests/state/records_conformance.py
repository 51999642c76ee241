"""What every adapter of `state.records.Records` must do; each adapter's test subclasses this."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from lambent.model.errors import InvalidParameterValue
from lambent.state.records import OwnerMissing, Record, RecordKey, Records
from lambent.state.stores import Stores
from tests.fakes.versions import ACCOUNT, key
from tests.state.aliases_conformance import alias, published


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A body."""

    text: str = ""
    more: Mapping[str, int] = field(default_factory=dict)


def own(name: str, *, region: str = "us-east-1") -> RecordKey:
    """The key of what stands for itself."""
    return RecordKey(ACCOUNT, region, "", name)


def of(qualifier: str = "", name: str = "fn") -> RecordKey:
    """The key of what is kept of a function."""
    return RecordKey.of_function(key(name), qualifier=qualifier)


class RecordsConformance:
    """The subclass gives the fixture `stores`, empty ones."""

    @pytest.fixture
    def notes(self, stores: Stores) -> Records[Note]:
        return stores.records.of("note", Note)

    async def test_what_was_put_is_read_back_whole(self, notes: Records[Note]) -> None:
        whole = Note(text="Größe 🎈", more={"a": 1})
        assert await notes.put(own("x"), whole)
        found = await notes.get(own("x"))
        assert found == Record(key=own("x"), body=whole, revision=found.revision if found else 0)
        assert await notes.get(own("y")) is None

    async def test_kinds_are_separate(self, stores: Stores, notes: Records[Note]) -> None:
        await notes.put(own("x"), Note())
        others = stores.records.of("other", Note)
        assert await others.get(own("x")) is None
        assert not await others.delete(own("x"))
        assert await notes.get(own("x")) is not None

    async def test_creating_twice_keeps_the_first(self, notes: Records[Note]) -> None:
        assert await notes.create(own("x"), Note(text="first"))
        assert not await notes.create(own("x"), Note(text="second"))
        found = await notes.get(own("x"))
        assert found is not None
        assert found.body.text == "first"

    async def test_a_write_gives_a_new_revision_and_may_demand_one(
        self, notes: Records[Note]
    ) -> None:
        assert not await notes.put(own("x"), Note(), if_revision=1)
        assert await notes.put(own("x"), Note(text="1"))
        first = await notes.get(own("x"))
        assert first is not None
        assert await notes.put(own("x"), Note(text="2"), if_revision=first.revision)
        assert not await notes.put(own("x"), Note(text="3"), if_revision=first.revision)
        assert not await notes.delete(own("x"), if_revision=first.revision)
        second = await notes.get(own("x"))
        assert second is not None
        assert second.body.text == "2"
        assert await notes.delete(own("x"), if_revision=second.revision)
        assert not await notes.delete(own("x"))

    async def test_of_two_changes_at_once_one_wins(self, notes: Records[Note]) -> None:
        await notes.put(own("x"), Note())
        before = await notes.get(own("x"))
        assert before is not None
        async with asyncio.TaskGroup() as group:
            tries = [
                group.create_task(
                    notes.put(own("x"), Note(text=str(n)), if_revision=before.revision)
                )
                for n in range(8)
            ]
        assert [t.result() for t in tries].count(True) == 1

    @pytest.mark.parametrize("qualifier", ["", "$LATEST", "1", "live"])
    async def test_what_it_is_kept_of_must_be_there(
        self, stores: Stores, notes: Records[Note], qualifier: str
    ) -> None:
        with pytest.raises(OwnerMissing):
            await notes.put(of(qualifier), Note())
        with pytest.raises(OwnerMissing):
            await notes.create(of(qualifier), Note())
        await published(stores)
        await stores.aliases.create(alias())
        assert await notes.create(of(qualifier), Note())
        for missing in ("3", "other", "01"):
            with pytest.raises(OwnerMissing):
                await notes.put(of(missing), Note())

    async def test_it_ends_with_what_it_is_kept_of(
        self, stores: Stores, notes: Records[Note]
    ) -> None:
        await published(stores)
        await published(stores, "fn2")
        await stores.aliases.create(alias(function_version="1"))
        everywhere = [of(), of("$LATEST"), of("1"), of("2"), of("live"), of("2", "fn2"), own("x")]
        for one in everywhere:
            await notes.put(one, Note())

        async def left() -> list[RecordKey]:
            return [record.key for record in await notes.everything()]

        await stores.functions.delete_version(key()._replace(version="2"))
        assert of("2") not in await left()
        await stores.aliases.delete(alias().key)
        assert await left() == sorted([of(), of("$LATEST"), of("1"), of("2", "fn2"), own("x")])
        await stores.functions.delete(key())
        assert await left() == sorted([of("2", "fn2"), own("x")])

    async def test_pages_give_everything_of_an_account_and_region_once(
        self, stores: Stores, notes: Records[Note]
    ) -> None:
        await published(stores)
        await published(stores, "fn2")
        expected = [own("a"), own("b"), of(), of("1"), of("2"), of("", "fn2")]
        for one in (*expected, own("c", region="cn-north-1")):
            await notes.put(one, Note())
        assert await self._paged(notes, None) == sorted(expected)
        assert await self._paged(notes, "fn") == [of(), of("1"), of("2")]
        assert await self._paged(notes, "") == [own("a"), own("b")]
        assert [r.key for r in await notes.all_of(key())] == [of(), of("1"), of("2")]
        there = await notes.everything(account_id=ACCOUNT, region="cn-north-1")
        assert [r.key for r in there] == [own("c", region="cn-north-1")]

    async def _paged(self, notes: Records[Note], function: str | None) -> list[RecordKey]:
        seen: list[RecordKey] = []
        marker = ""
        while True:
            page = await notes.page(
                account_id=ACCOUNT, region="us-east-1", function=function, marker=marker, limit=2
            )
            seen += [record.key for record in page.items]
            marker = page.next_marker
            if not marker:
                return seen

    async def test_a_marker_that_is_not_ours_is_refused(self, notes: Records[Note]) -> None:
        with pytest.raises(InvalidParameterValue):
            await notes.page(
                account_id=ACCOUNT, region="us-east-1", function=None, marker="%%%", limit=1
            )

    async def test_clearing_removes_records(self, stores: Stores, notes: Records[Note]) -> None:
        await notes.put(own("x"), Note())
        await stores.functions.clear()
        assert await notes.everything() == []
