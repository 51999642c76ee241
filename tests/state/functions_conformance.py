"""What every adapter of `state.functions.Functions` must do; each adapter's test subclasses this."""

import asyncio
from dataclasses import replace

import pytest

from lambent.model.errors import InvalidParameterValue, ResourceConflict
from lambent.model.function import FunctionKey, State, UpdateStatus
from lambent.state.functions import Functions, StoredFunction, Usage
from tests.fakes.versions import ACCOUNT, key, version


def numbered(number: str) -> FunctionKey:
    """The key of a version of fn."""
    return key()._replace(version=number)


class FunctionsConformance:
    """The subclass gives the fixture `functions`, an empty store."""

    async def test_what_was_created_is_read_back_whole(self, functions: Functions) -> None:
        whole = version(
            description="Größe 🎈",
            timeout_seconds=900,
            memory_mb=10240,
            ephemeral_storage_mb=1024,
            environment={"KEY": "välue", "EMPTY": ""},
            state=State.FAILED,
            state_reason="why",
            state_reason_code="InvalidRuntime",
            update_status=UpdateStatus.IN_PROGRESS,
            update_reason="u",
            update_reason_code="c",
            tags={"team": "a b"},
        )
        await functions.create(whole)
        assert await functions.get(whole.key) == StoredFunction(configured=whole, active=None)

    async def test_an_environment_that_was_never_given_stays_none(
        self, functions: Functions
    ) -> None:
        await functions.create(version("none"))
        await functions.create(version("empty", environment={}))
        none, empty = await functions.get(key("none")), await functions.get(key("empty"))
        assert none is not None
        assert empty is not None
        assert (none.configured.environment, empty.configured.environment) == (None, {})

    async def test_an_unknown_function_is_none(self, functions: Functions) -> None:
        assert await functions.get(key("nobody")) is None

    async def test_a_taken_name_is_a_conflict_and_changes_nothing(
        self, functions: Functions
    ) -> None:
        await functions.create(version())
        with pytest.raises(ResourceConflict, match=r"^Function already exist: fn$"):
            await functions.create(version(description="second"))
        assert await functions.get(key()) == StoredFunction(configured=version(), active=None)

    async def test_usage_counts_functions_and_their_packages(self, functions: Functions) -> None:
        for one in (key("a"), key("b"), key("c", region="cn-north-1")):
            await functions.create(version(key=one, code_size=5))
        usage = await functions.usage(account_id=ACCOUNT, region="us-east-1")
        assert usage == Usage(functions=2, code_bytes=10)
        nowhere = await functions.usage(account_id=ACCOUNT, region="eu-west-1")
        assert nowhere == Usage(functions=0, code_bytes=0)

    async def test_accounts_and_regions_are_separate(self, functions: Functions) -> None:
        elsewhere = key(region="cn-north-1")
        stranger = key(account_id="210987654321")
        for one in (key(), elsewhere, stranger):
            await functions.create(version(key=one))
        await functions.delete(key())
        assert await functions.get(key()) is None
        assert await functions.get(elsewhere) is not None
        page = await functions.page(account_id=ACCOUNT, region="cn-north-1", marker="", limit=50)
        assert [f.configured.key for f in page.items] == [elsewhere]

    async def test_a_replacement_needs_the_stored_revision(self, functions: Functions) -> None:
        await functions.create(version())
        newer = version(revision_id="r2", description="newer")
        assert not await functions.replace(newer, if_revision="r0")
        assert await functions.replace(newer, if_revision="r1")
        assert not await functions.replace(newer, if_revision="r1")
        assert await functions.get(key()) == StoredFunction(configured=newer, active=None)

    async def test_of_two_replacements_at_once_one_wins(self, functions: Functions) -> None:
        await functions.create(version())
        async with asyncio.TaskGroup() as group:
            tries = [
                group.create_task(
                    functions.replace(version(revision_id=f"new{n}"), if_revision="r1")
                )
                for n in range(8)
            ]
        assert [t.result() for t in tries].count(True) == 1

    async def test_the_active_version_stays_when_the_configured_one_changes(
        self, functions: Functions
    ) -> None:
        await functions.create(version())
        active = version(revision_id="r2", state=State.ACTIVE, package_sha256="01" * 32)
        assert await functions.activate(active, if_revision="r1")
        configured = replace(active, revision_id="r3", package_sha256="02" * 32)
        assert await functions.replace(configured, if_revision="r2")
        assert await functions.get(key()) == StoredFunction(configured=configured, active=active)
        assert await functions.packages_in_use() == {"01" * 32, "02" * 32}

    async def test_activation_needs_the_stored_revision(self, functions: Functions) -> None:
        await functions.create(version())
        assert not await functions.activate(version(revision_id="r2"), if_revision="stale")
        assert not await functions.activate(version("nobody"), if_revision="r1")
        assert await functions.get(key()) == StoredFunction(configured=version(), active=None)

    async def test_a_function_is_deleted_once(self, functions: Functions) -> None:
        await functions.create(version())
        assert await functions.delete(key())
        assert not await functions.delete(key())
        assert await functions.packages_in_use() == frozenset()

    async def test_pages_give_every_function_once_in_order_of_name(
        self, functions: Functions
    ) -> None:
        names = ["Z", "a", "a-1", "a_1", "b", "b2"]
        for name in reversed(names):
            await functions.create(version(name))
        seen: list[str] = []
        marker = ""
        while True:
            page = await functions.page(
                account_id=ACCOUNT, region="us-east-1", marker=marker, limit=2
            )
            seen += [f.configured.key.name for f in page.items]
            marker = page.next_marker
            if not marker:
                break
        assert seen == names

    async def test_a_page_that_just_fits_is_the_last(self, functions: Functions) -> None:
        await functions.create(version())
        page = await functions.page(account_id=ACCOUNT, region="us-east-1", marker="", limit=1)
        assert (len(page.items), page.next_marker) == (1, "")

    @pytest.mark.parametrize("marker", ["%%%", "Zm9v!", "Li4vLi4=", "w7w=", "é"])
    async def test_a_marker_that_is_not_ours_is_refused(
        self, functions: Functions, marker: str
    ) -> None:
        with pytest.raises(InvalidParameterValue):
            await functions.page(account_id=ACCOUNT, region="us-east-1", marker=marker, limit=1)

    async def test_versions_are_numbered_and_numbers_never_given_twice(
        self, functions: Functions
    ) -> None:
        await functions.create(version(), published=version(revision_id="v1", description="one"))
        first = await functions.get(numbered("1"))
        assert first is not None
        assert (first.configured.description, first.active) == ("one", None)
        second = await functions.publish(
            version(revision_id="v2"), latest=version(revision_id="r2"), if_revision="r1"
        )
        assert second == version(key=numbered("2"), revision_id="v2")
        assert (await functions.last_published(key())) == StoredFunction(
            configured=second, active=None
        )
        assert await functions.delete_version(numbered("2")) == []
        third = await functions.publish(
            version(revision_id="v3"), latest=version(revision_id="r3"), if_revision="r2"
        )
        assert third is not None
        assert third.key == numbered("3")
        latest = await functions.get(key())
        assert latest is not None
        assert latest.configured.revision_id == "r3"

    async def test_what_is_published_as_active_runs_and_so_does_what_it_is_of(
        self, functions: Functions
    ) -> None:
        await functions.create(version())
        latest = version(revision_id="r2", state=State.ACTIVE)
        published = await functions.publish(
            version(revision_id="v1", state=State.ACTIVE),
            latest=latest,
            if_revision="r1",
            is_active=True,
        )
        assert published is not None
        assert await functions.get(numbered("1")) == StoredFunction(
            configured=published, active=published
        )
        assert await functions.get(key()) == StoredFunction(configured=latest, active=latest)

    async def test_publishing_needs_the_stored_revision(self, functions: Functions) -> None:
        await functions.create(version())
        for stale in ("r0", ""):
            assert (
                await functions.publish(
                    version(revision_id="v"), latest=version(revision_id="r2"), if_revision=stale
                )
                is None
            )
        assert await functions.last_published(key()) is None
        assert await functions.get(key()) == StoredFunction(configured=version(), active=None)

    async def test_a_version_is_activated_by_itself(self, functions: Functions) -> None:
        await functions.create(version(), published=version(revision_id="v1"))
        active = version(key=numbered("1"), revision_id="v2", state=State.ACTIVE)
        assert await functions.activate(active, if_revision="v1")
        assert await functions.get(numbered("1")) == StoredFunction(
            configured=active, active=active
        )
        assert await functions.get(key()) == StoredFunction(configured=version(), active=None)

    async def test_pages_of_versions_begin_with_latest_and_go_by_number(
        self, functions: Functions
    ) -> None:
        await self._eleven(functions)
        seen: list[str] = []
        marker = ""
        while True:
            page = await functions.versions(key(), marker=marker, limit=5)
            seen += [f.configured.key.version for f in page.items]
            marker = page.next_marker
            if not marker:
                break
        assert seen == ["$LATEST", *(str(n) for n in range(1, 12))]

    async def test_functions_may_be_listed_with_every_version(self, functions: Functions) -> None:
        await self._eleven(functions)
        await functions.create(version("fn0"))
        seen: list[tuple[str, str]] = []
        marker = ""
        while True:
            page = await functions.page(
                account_id=ACCOUNT, region="us-east-1", marker=marker, limit=4, every_version=True
            )
            seen += [(f.configured.key.name, f.configured.key.version) for f in page.items]
            marker = page.next_marker
            if not marker:
                break
        rest = ["$LATEST", *(str(n) for n in range(1, 12))]
        assert seen == [*(("fn", n) for n in rest), ("fn0", "$LATEST")]
        page = await functions.page(account_id=ACCOUNT, region="us-east-1", marker="", limit=50)
        assert [f.configured.key.name for f in page.items] == ["fn", "fn0"]

    async def test_versions_end_with_their_function_and_numbers_begin_again(
        self, functions: Functions
    ) -> None:
        await self._eleven(functions)
        usage = await functions.usage(account_id=ACCOUNT, region="us-east-1")
        assert usage == Usage(functions=1, code_bytes=12 * version().code_size)
        await functions.delete(key())
        assert await functions.everything() == []
        await functions.create(version(), published=version())
        last = await functions.last_published(key())
        assert last is not None
        assert last.configured.key == numbered("1")

    @pytest.mark.parametrize("number", ["0", "01", "-1", "1.0", "9" * 40, "live", "\u0661"])
    async def test_what_is_no_number_of_a_version_names_none(
        self, functions: Functions, number: str
    ) -> None:
        await functions.create(version(), published=version())
        assert await functions.get(numbered(number)) is None

    async def _eleven(self, functions: Functions) -> None:
        await functions.create(version(), published=version())
        for _ in range(10):
            assert await functions.publish(version(), latest=version(), if_revision="r1")

    async def test_everything_is_every_account_and_region(self, functions: Functions) -> None:
        keys = [key("a"), key("b", region="cn-north-1"), key("c", account_id="000000000000")]
        for one in keys:
            await functions.create(version(key=one))
        assert {f.configured.key for f in await functions.everything()} == set(keys)

    async def test_clearing_removes_all_functions_of_all_accounts(
        self, functions: Functions
    ) -> None:
        for name in ("f", "g"):
            await functions.create(version(name))
        assert await functions.clear() == 2
        assert await functions.everything() == []
        assert await functions.packages_in_use() == frozenset()
        assert await functions.clear() == 0
        await functions.create(version("f"))
        assert len(await functions.everything()) == 1
