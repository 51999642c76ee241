"""What every adapter of `state.aliases.Aliases` must do; each adapter's test subclasses this."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from lambent.model.alias import Alias, AliasKey
from lambent.model.errors import FunctionNotFound, InvalidParameterValue, ResourceConflict
from lambent.state.stores import Stores
from tests.fakes.versions import ACCOUNT, key, version

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fn"


def alias(name: str = "live", *, function: str = "fn", **fields: object) -> Alias:
    """An alias with `fields`, else ordinary."""
    ordinary: dict[str, object] = {
        "key": AliasKey(ACCOUNT, "us-east-1", function, name),
        "revision_id": "r1",
        "function_version": "1",
    }
    return Alias(**(ordinary | fields))  # type: ignore[arg-type]  # a test's own words


async def published(stores: Stores, name: str = "fn", *, count: int = 2) -> None:
    """A function with versions 1 to `count`."""
    await stores.functions.create(version(name), published=version(name, revision_id="v1"))
    for number in range(2, count + 1):
        await stores.functions.publish(
            version(name, revision_id=f"v{number}"),
            latest=version(name),
            if_revision="r1",
        )


class AliasesConformance:
    """The subclass gives the fixture `stores`, empty ones."""

    async def test_what_was_created_is_read_back_whole(self, stores: Stores) -> None:
        await published(stores)
        whole = alias(description="Größe 🎈", weights={"2": 0.25})
        await stores.aliases.create(whole)
        assert await stores.aliases.get(whole.key) == whole
        assert await stores.aliases.everything() == [whole]
        assert await stores.aliases.get(alias("other").key) is None

    async def test_a_taken_name_is_a_conflict(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias())
        with pytest.raises(ResourceConflict, match=f"^Alias already exists: {ARN}:live$"):
            await stores.aliases.create(alias(description="second"))
        assert await stores.aliases.get(alias().key) == alias()

    @pytest.mark.parametrize("missing", ["3", "0", "01", "9" * 30])
    async def test_a_version_must_be_there(self, stores: Stores, missing: str) -> None:
        await published(stores)
        await stores.aliases.create(alias("kept"))
        for refused in (alias(function_version=missing), alias(weights={missing: 0.5})):
            with pytest.raises(FunctionNotFound, match=f"^Function not found: {ARN}:{missing}$"):
                await stores.aliases.create(refused)
        with pytest.raises(FunctionNotFound):
            await stores.aliases.replace(alias("kept", function_version=missing), if_revision="r1")
        assert await stores.aliases.everything() == [alias("kept")]

    async def test_latest_is_a_version(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias(function_version="$LATEST"))

    async def test_a_replacement_needs_the_stored_revision(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias())
        newer = alias(revision_id="r2", function_version="2")
        assert not await stores.aliases.replace(newer, if_revision="r0")
        assert await stores.aliases.replace(newer, if_revision="r1")
        assert not await stores.aliases.replace(newer, if_revision="r1")
        assert await stores.aliases.get(newer.key) == newer

    async def test_of_two_replacements_at_once_one_wins(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias())
        async with asyncio.TaskGroup() as group:
            tries = [
                group.create_task(
                    stores.aliases.replace(alias(revision_id=f"n{n}"), if_revision="r1")
                )
                for n in range(8)
            ]
        assert [t.result() for t in tries].count(True) == 1

    async def test_an_alias_is_deleted_once(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias())
        assert await stores.aliases.delete(alias().key)
        assert not await stores.aliases.delete(alias().key)

    async def test_pages_give_every_alias_of_the_function_once_by_name(
        self, stores: Stores
    ) -> None:
        await published(stores)
        await published(stores, "fn2")
        for name in ("c", "a", "b", "Z", "2024-01-02"):
            await stores.aliases.create(alias(name))
        await stores.aliases.create(alias("elsewhere", function="fn2"))
        assert await self._names(stores, None) == ["2024-01-02", "Z", "a", "b", "c"]
        assert [a.key.name for a in await stores.aliases.all_of(key("fn2"))] == ["elsewhere"]

    async def test_a_filter_finds_those_that_lead_to_a_version(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias("first"))
        await stores.aliases.create(alias("second", function_version="2"))
        await stores.aliases.create(alias("both", weights={"2": 0.5}))
        assert await self._names(stores, "2") == ["both", "second"]
        assert await self._names(stores, "1") == ["both", "first"]
        assert await self._names(stores, "$LATEST") == []

    async def _names(self, stores: Stores, filtered: str | None) -> Sequence[str]:
        seen: list[str] = []
        marker = ""
        while True:
            page = await stores.aliases.page(key(), version=filtered, marker=marker, limit=2)
            seen += [a.key.name for a in page.items]
            marker = page.next_marker
            if not marker:
                return seen

    async def test_a_marker_that_is_not_ours_is_refused(self, stores: Stores) -> None:
        with pytest.raises(InvalidParameterValue):
            await stores.aliases.page(key(), version=None, marker="%%%", limit=1)

    async def test_a_version_that_an_alias_leads_to_stays(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias("b", weights={"2": 0.5}))
        await stores.aliases.create(alias("a", function_version="2"))
        second = key()._replace(version="2")
        assert await stores.functions.delete_version(second) == ["a", "b"]
        assert await stores.functions.get(second) is not None
        await stores.aliases.delete(alias("a").key)
        assert await stores.aliases.replace(alias("b", revision_id="r2"), if_revision="r1")
        assert await stores.functions.delete_version(second) == []
        assert await stores.functions.get(second) is None

    async def test_aliases_end_with_their_function(self, stores: Stores) -> None:
        await published(stores)
        await published(stores, "fn2")
        other = alias("live", function="fn2")
        for one in (alias(), other):
            await stores.aliases.create(one)
        await stores.functions.delete(key())
        assert await stores.aliases.everything() == [other]
        await published(stores)
        assert await stores.aliases.all_of(key()) == []

    async def test_clearing_removes_aliases(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias())
        await stores.functions.clear()
        assert await stores.aliases.everything() == []

    async def test_accounts_and_regions_are_separate(self, stores: Stores) -> None:
        await published(stores)
        await stores.aliases.create(alias())
        elsewhere = replace(alias(), key=alias().key._replace(region="cn-north-1"))
        with pytest.raises(FunctionNotFound, match="arn:aws-cn:lambda:cn-north-1"):
            await stores.aliases.create(elsewhere)
