"""What every adapter of `state.layers.Layers` must do; each adapter's test subclasses this."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from lambent.model.errors import InvalidParameterValue
from lambent.model.layer import LayerStatement, LayerVersion
from lambent.state.layers import ANYTHING, Compatible, LayerPage, Layers
from tests.fakes.versions import ACCOUNT, layer_key, layer_version

TOOLS = layer_key().layer
OTHER_ACCOUNT = "210987654321"


async def all_pages(page: Callable[[str], Awaitable[LayerPage]]) -> list[LayerVersion]:
    """Everything that a list has, page by page."""
    seen: list[LayerVersion] = []
    marker = ""
    while True:
        got = await page(marker)
        seen += got.items
        marker = got.next_marker
        if not marker:
            return seen


class LayersConformance:
    """The subclass gives the fixture `layers`, an empty store."""

    async def test_what_was_published_is_read_back_whole(self, layers: Layers) -> None:
        draft = layer_version(
            number=0,
            description="Größe 🎈",
            runtimes=("python3.13", "nodejs22.x"),
            architectures=(),
            license_info="MIT",
            policy=(
                LayerStatement(statement_id="all", principal="*", organization_id="o-1234567890"),
            ),
        )
        published = await layers.publish(draft)
        assert published == replace(draft, key=layer_key(number=1))
        assert await layers.get(layer_key(number=1)) == published

    async def test_lists_that_were_never_given_stay_none(self, layers: Layers) -> None:
        await layers.publish(layer_version())
        stored = await layers.get(layer_key())
        assert stored is not None
        assert (stored.runtimes, stored.architectures, stored.license_info) == (None, None, None)

    async def test_an_unknown_version_is_none(self, layers: Layers) -> None:
        await layers.publish(layer_version())
        assert await layers.get(layer_key(number=2)) is None
        assert await layers.get(layer_key("nobody")) is None

    async def test_numbers_are_given_once_also_after_deletion(self, layers: Layers) -> None:
        numbers = [(await layers.publish(layer_version())).key.version for _ in range(2)]
        assert await layers.delete(layer_key(number=2))
        assert await layers.delete(layer_key(number=1))
        numbers.append((await layers.publish(layer_version())).key.version)
        assert numbers == [1, 2, 3]

    async def test_of_versions_published_at_once_each_has_its_number(self, layers: Layers) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(layers.publish(layer_version())) for _ in range(8)]
        assert sorted(t.result().key.version for t in tasks) == list(range(1, 9))

    async def test_accounts_and_regions_are_separate(self, layers: Layers) -> None:
        elsewhere = layer_key(region="cn-north-1")
        stranger = layer_key(account_id=OTHER_ACCOUNT)
        for one in (layer_key(), elsewhere, stranger):
            assert (await layers.publish(layer_version(key=one))).key == one
        await layers.delete(layer_key())
        assert await layers.get(layer_key()) is None
        assert await layers.get(elsewhere) is not None
        page = await layers.newest(
            account_id=OTHER_ACCOUNT, region="us-east-1", compatible=ANYTHING, marker="", limit=50
        )
        assert [v.key for v in page.items] == [stranger]

    async def test_a_version_is_deleted_once(self, layers: Layers) -> None:
        await layers.publish(layer_version())
        assert await layers.delete(layer_key())
        assert not await layers.delete(layer_key())

    async def test_a_replacement_needs_the_stored_revision(self, layers: Layers) -> None:
        before = await layers.publish(layer_version())
        everybody = (LayerStatement(statement_id="s", principal="*"),)
        after = replace(before, policy=everybody, revision_id="r2")
        assert not await layers.replace(after, if_revision="r0")
        assert await layers.replace(after, if_revision="r1")
        assert not await layers.replace(after, if_revision="r1")
        assert not await layers.replace(layer_version("nobody"), if_revision="r1")
        assert await layers.get(layer_key()) == after

    async def test_the_newest_of_each_layer_by_name(self, layers: Layers) -> None:
        for name in ("b", "Z", "a-1", "a" * 140, "a"):
            for _ in range(2):
                await layers.publish(layer_version(name))

        seen = await all_pages(
            lambda marker: layers.newest(
                account_id=ACCOUNT, region="us-east-1", compatible=ANYTHING, marker=marker, limit=2
            )
        )
        assert [v.key.layer.name for v in seen] == ["Z", "a", "a-1", "a" * 140, "b"]
        assert {v.key.version for v in seen} == {2}

    async def test_a_layer_without_versions_is_not_listed(self, layers: Layers) -> None:
        await layers.publish(layer_version())
        await layers.delete(layer_key())
        page = await layers.newest(
            account_id=ACCOUNT, region="us-east-1", compatible=ANYTHING, marker="", limit=50
        )
        assert (list(page.items), page.next_marker) == ([], "")

    @pytest.mark.parametrize(
        ("compatible", "numbers"),
        [
            (ANYTHING, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
            (Compatible(runtime="python3.13"), [2, 1]),
            (Compatible(architecture="arm64"), [3, 2]),
            (Compatible(runtime="python3.13", architecture="arm64"), [2]),
            (Compatible(runtime="nodejs22.x"), []),
        ],
    )
    async def test_versions_that_say_they_are_compatible_newest_first(
        self, layers: Layers, compatible: Compatible, numbers: list[int]
    ) -> None:
        await layers.publish(layer_version(runtimes=("python3.12", "python3.13")))
        await layers.publish(layer_version(runtimes=("python3.13",), architectures=("arm64",)))
        await layers.publish(layer_version(architectures=("x86_64", "arm64")))
        for _ in range(8):
            await layers.publish(layer_version(runtimes=()))
        await layers.publish(layer_version("tools2", runtimes=("nodejs22.x",)))
        seen = await all_pages(
            lambda marker: layers.versions(TOOLS, compatible=compatible, marker=marker, limit=2)
        )
        assert [v.key.version for v in seen] == numbers
        newest = await layers.newest(
            account_id=ACCOUNT, region="us-east-1", compatible=compatible, marker="", limit=50
        )
        mine = [v.key.version for v in newest.items if v.key.layer == TOOLS]
        assert mine == numbers[:1]

    @pytest.mark.parametrize("marker", ["%%%", "Zm9v!", "Li4vLi4=", "w7w=", "é"])
    async def test_a_marker_that_is_not_ours_is_refused(self, layers: Layers, marker: str) -> None:
        with pytest.raises(InvalidParameterValue):
            await layers.versions(TOOLS, compatible=ANYTHING, marker=marker, limit=1)
        with pytest.raises(InvalidParameterValue):
            await layers.newest(
                account_id=ACCOUNT, region="us-east-1", compatible=ANYTHING, marker=marker, limit=1
            )

    @pytest.mark.parametrize("marker", ["Zm9v", "MA==", "LTE="])
    async def test_a_marker_of_versions_is_a_number(self, layers: Layers, marker: str) -> None:
        with pytest.raises(InvalidParameterValue):
            await layers.versions(TOOLS, compatible=ANYTHING, marker=marker, limit=1)

    async def test_what_packages_take_is_counted_for_each_version(self, layers: Layers) -> None:
        for one in (layer_key("a"), layer_key("a"), layer_key("b", region="cn-north-1")):
            await layers.publish(layer_version(key=one, code_size=5))
        assert await layers.code_bytes(account_id=ACCOUNT, region="us-east-1") == 10
        assert await layers.code_bytes(account_id=ACCOUNT, region="eu-west-1") == 0

    async def test_packages_in_use_are_those_of_versions(self, layers: Layers) -> None:
        await layers.publish(layer_version(package_sha256="01" * 32))
        await layers.publish(layer_version(package_sha256="02" * 32))
        await layers.delete(layer_key(number=1))
        assert await layers.packages_in_use() == {"02" * 32}
