"""TagResource, UntagResource, ListTags (reference 01 §7, §8, §15)."""

import asyncio
from typing import Any

import pytest

from lambent.model.function import FunctionVersion
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.versions import key
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused

EACH: list[tuple[str, dict[str, Any]]] = [
    ("TagResource", {"Tags": {"a": "1"}}),
    ("UntagResource", {"TagKeys": ["a"]}),
    ("ListTags", {}),
]
CHANGES = EACH[:2]


async def tags(bench: Bench) -> dict[str, str]:
    answer: dict[str, str] = (await bench.call("ListTags", Resource=bench.arn()))["Tags"]
    return answer


async def configured(bench: Bench) -> FunctionVersion:
    stored = await bench.functions.get(key(region=bench.region))
    assert stored is not None
    return stored.configured


async def test_tags_are_added_replaced_removed_and_shown(bench: Bench) -> None:
    await bench.create_active(Tags={"a": "1", "b": "2"})
    assert await tags(bench) == {"a": "1", "b": "2"}
    assert (await bench.call("TagResource", Resource=bench.arn(), Tags={"b": "", "c d": "3"})) == {}
    assert await tags(bench) == {"a": "1", "b": "", "c d": "3"}
    assert (
        await bench.call("UntagResource", Resource=bench.arn(), TagKeys=["a", "b", "never"])
    ) == {}
    assert (await bench.call("GetFunction", FunctionName="fn"))["Tags"] == {"c d": "3"}


async def test_without_tags_the_list_is_empty_and_get_function_has_none(bench: Bench) -> None:
    await bench.create_active(Tags={"a": "1"})
    await bench.call("UntagResource", Resource=bench.arn(), TagKeys=["a"])
    assert await tags(bench) == {}
    assert "Tags" not in await bench.call("GetFunction", FunctionName="fn")


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_a_change_gives_a_new_revision_and_touches_nothing_else(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    active = await bench.create_active()
    bench.clock.advance(9)
    before = await bench.call("GetFunctionConfiguration", FunctionName="fn")
    await bench.call(operation, Resource=bench.arn(), **members)
    after = await bench.call("GetFunctionConfiguration", FunctionName="fn")
    assert before.pop("RevisionId") != after.pop("RevisionId")
    assert before == after
    stored = await bench.functions.get(active.key)
    assert stored is not None
    assert stored.active == active, "what runs goes on running"
    assert len(bench.started.keys) == 1


async def test_a_function_that_is_pending_can_be_tagged(bench: Bench) -> None:
    await bench.create()
    await bench.call("TagResource", Resource=bench.arn(), Tags={"a": "1"})
    assert (await bench.settle()).tags == {"a": "1"}


async def test_of_two_who_tag_at_once_both_have_their_tags(bench: Bench) -> None:
    class Slow(InMemoryFunctions):
        """Lets somebody in between a reading and the writing that follows."""

        async def get(self, key: Any) -> Any:
            stored = await super().get(key)
            await asyncio.sleep(0)
            return stored

    bench.functions = Slow()
    await bench.create_active()
    async with asyncio.TaskGroup() as group:
        for name in "ab":
            group.create_task(bench.call("TagResource", Resource=bench.arn(), Tags={name: name}))
    assert await tags(bench) == {"a": "a", "b": "b"}


@pytest.mark.parametrize("suffix", ["fn:1", "fn:prod", "fn:$LATEST"])
@pytest.mark.parametrize(("operation", "members"), EACH)
async def test_versions_and_aliases_have_no_tags(
    bench: Bench, operation: str, members: dict[str, Any], suffix: str
) -> None:
    await bench.create_active()
    assert await refused(bench, operation, Resource=bench.arn(suffix), **members) == (
        INVALID,
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        400,
    )


@pytest.mark.parametrize(("operation", "members"), EACH)
async def test_what_is_not_there_is_not_found_in_the_words_of_its_kind(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    prefix = bench.arn("").removesuffix("function:")
    for resource, text in {
        "function:nobody": "Function not found: {}",
        "event-source-mapping:11111111-2222-4333-8444-555555555555": (
            "Event source mapping not found: {}"
        ),
        "code-signing-config:csc-0123456789abcdefg": (
            "The Lambda code signing configuration {} can not be found."
        ),
        "capacity-provider:c": "Capacity provider not found: {}",
        "network-connector:n": "Network connector not found: {}",
    }.items():
        arn = prefix + resource
        expected = NOT_FOUND, text.format(arn), 404
        assert await refused(bench, operation, Resource=arn, **members) == expected


@pytest.mark.parametrize(("operation", "members"), EACH)
async def test_another_region_and_another_account_are_out_of_reach(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    elsewhere = bench.arn().replace(bench.region, "eu-west-1")
    assert await refused(bench, operation, Resource=elsewhere, **members) == (
        NOT_FOUND,
        f"Functions from 'eu-west-1' are not reachable in this region ('{bench.region}')",
        404,
    )
    code, text, status = await refused(
        bench, operation, Resource=bench.arn(account_id="999999999999"), **members
    )
    assert (code, status) == ("AccessDeniedException", 403)
    assert f"is not authorized to perform: lambda:{operation} on resource: " in text


async def test_tags_that_may_not_be_are_refused_and_nothing_is_changed(bench: Bench) -> None:
    await bench.create_active(Tags={f"k{n}": "" for n in range(50)})
    before = await configured(bench)
    for given, text in (
        ({}, "An error occurred and the request cannot be processed."),
        ({"one too many": ""}, "Number of tags exceeds resource tag limit."),
        ({f"n{n}": "" for n in range(51)}, "Number of tags exceeds resource tag limit."),
        ({"AWS:x": "1"}, "aws: prefixed tag key names are not allowed for external use."),
    ):
        found = await refused(bench, "TagResource", Resource=bench.arn(), Tags=given)
        assert found == (INVALID, text, 400)
    assert await configured(bench) == before
    await bench.call("TagResource", Resource=bench.arn(), Tags={"k1": "another value"})
