"""CreateAlias, GetAlias, ListAliases, UpdateAlias, DeleteAlias (reference 01 §8, §9)."""

from typing import Any

import pytest

from tests.catalog.zips import python_zip
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused

CONFLICT = "ResourceConflictException"
STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)


async def two_versions(bench: Bench, **members: Any) -> None:
    await bench.create_active(Publish=True, **members)
    code = python_zip("def handler(event, context): return 2")
    await bench.call("UpdateFunctionCode", FunctionName="fn", ZipFile=code, Publish=True)
    await bench.settle()


async def create(bench: Bench, name: str = "live", **members: Any) -> dict[str, Any]:
    given = {"FunctionName": "fn", "Name": name, "FunctionVersion": "1"} | members
    return await bench.call("CreateAlias", **given)


def weights(**by_version: float) -> dict[str, Any]:
    return {"AdditionalVersionWeights": {k.removeprefix("v"): w for k, w in by_version.items()}}


async def test_an_alias_is_shown_as_it_was_created(bench: Bench) -> None:
    await two_versions(bench)
    answer = await create(bench)
    assert answer == {
        "AliasArn": bench.arn("fn:live"),
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "",
        "RevisionId": answer["RevisionId"],
    }
    assert await bench.call("GetAlias", FunctionName="fn", Name="live") == answer
    assert bench.published.guided


async def test_weights_are_shown_and_empty_routing_is_not(bench: Bench) -> None:
    await two_versions(bench)
    both = await create(bench, "both", RoutingConfig=weights(v2=0.25), Description="d")
    assert both["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    assert both["Description"] == "d"
    empty: tuple[dict[str, Any], ...] = ({}, weights())
    for routing in empty:
        one = await create(bench, f"one{len(routing)}", RoutingConfig=routing)
        assert "RoutingConfig" not in one


async def test_an_alias_may_lead_to_latest(bench: Bench) -> None:
    await two_versions(bench)
    assert (await create(bench, FunctionVersion="$LATEST"))["FunctionVersion"] == "$LATEST"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"RoutingConfig": weights(v1=0.1, v2=0.1)},
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            {"RoutingConfig": weights(v1=0.1)},
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        (
            {"FunctionVersion": "$LATEST", "RoutingConfig": weights(v1=0.1)},
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
    ],
)
async def test_weights_that_make_no_sense_are_refused(
    bench: Bench, members: dict[str, Any], text: str
) -> None:
    await two_versions(bench)
    given = {"FunctionName": "fn", "Name": "live", "FunctionVersion": "1"} | members
    assert await refused(bench, "CreateAlias", **given) == (INVALID, text, 400)
    await create(bench)
    assert await refused(bench, "UpdateAlias", **given) == (INVALID, text, 400)


async def test_two_versions_must_share_their_role(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    role = (await bench.settle()).role + "2"
    await bench.call("UpdateFunctionConfiguration", FunctionName="fn", Role=role)
    await bench.settle()
    await bench.call("PublishVersion", FunctionName="fn")
    given = {"FunctionName": "fn", "Name": "live", "FunctionVersion": "1"}
    code, text, _ = await refused(bench, "CreateAlias", RoutingConfig=weights(v2=0.5), **given)
    assert (code, "different execution roles" in text) == (INVALID, True)


@pytest.mark.parametrize("missing", ["3", "123456789012345678901234567890"])
async def test_a_version_that_is_not_there_is_not_found(bench: Bench, missing: str) -> None:
    await two_versions(bench)
    unknown = (NOT_FOUND, f"Function not found: {bench.arn('fn:' + missing)}", 404)
    given: dict[str, Any] = {"FunctionName": "fn", "Name": "live", "FunctionVersion": missing}
    assert await refused(bench, "CreateAlias", **given) == unknown
    given |= {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {missing: 0.1}}}
    assert await refused(bench, "CreateAlias", **given) == unknown
    await create(bench)
    given = {"FunctionName": "fn", "Name": "live", "FunctionVersion": missing}
    assert await refused(bench, "UpdateAlias", **given) == unknown


async def test_a_taken_name_is_a_conflict(bench: Bench) -> None:
    await two_versions(bench)
    await create(bench)
    given = {"FunctionName": "fn", "Name": "live", "FunctionVersion": "2"}
    taken = f"Alias already exists: {bench.arn('fn:live')}"
    assert await refused(bench, "CreateAlias", **given) == (CONFLICT, taken, 409)


async def test_an_update_changes_what_is_given(bench: Bench) -> None:
    await two_versions(bench)
    before = await create(bench, Description="d", RoutingConfig=weights(v2=0.5))
    name = {"FunctionName": "fn", "Name": "live"}
    described = await bench.call("UpdateAlias", Description="e", **name)
    assert described.pop("RevisionId") != before.pop("RevisionId")
    assert described == before | {"Description": "e"}
    plain = await bench.call("UpdateAlias", RoutingConfig=weights(), **name)
    assert "RoutingConfig" not in plain
    moved = await bench.call("UpdateAlias", FunctionVersion="2", **name)
    assert moved["FunctionVersion"] == "2"
    guard = await bench.call("UpdateAlias", RevisionId=moved["RevisionId"], **name)
    stale = await refused(bench, "UpdateAlias", RevisionId=moved["RevisionId"], **name)
    assert stale == ("PreconditionFailedException", STALE, 412)
    assert await bench.call("GetAlias", **name) == guard


async def test_aliases_are_listed_by_name_and_by_version(bench: Bench) -> None:
    await two_versions(bench)
    for name, version in (("b", "1"), ("a", "2"), ("2024-01-02", "1")):
        await create(bench, name, FunctionVersion=version)

    async def names(**members: Any) -> list[str]:
        listed = await bench.call("ListAliases", FunctionName="fn", **members)
        return [alias["Name"] for alias in listed["Aliases"]]

    assert await names() == ["2024-01-02", "a", "b"]
    assert await names(FunctionVersion="2") == ["a"]
    page = await bench.call("ListAliases", FunctionName="fn", MaxItems=2)
    assert await names(Marker=page["NextMarker"]) == ["b"]


async def test_a_deleted_alias_is_gone_and_may_be_deleted_again(bench: Bench) -> None:
    await two_versions(bench)
    await create(bench)
    for _ in range(2):
        assert await bench.call("DeleteAlias", FunctionName="fn", Name="live") == {}
    gone = await refused(bench, "GetAlias", FunctionName="fn", Name="live")
    assert gone == (NOT_FOUND, f"Cannot find alias arn: {bench.arn('fn:live')}", 404)
    gone = await refused(bench, "UpdateAlias", FunctionName="fn", Name="live")
    assert gone == (NOT_FOUND, f"Alias not found: {bench.arn('fn:live')}", 404)


async def test_aliases_of_nobody_are_not_found(bench: Bench) -> None:
    unknown = (NOT_FOUND, f"Function not found: {bench.arn('no')}", 404)
    for operation in ("ListAliases", "DeleteAlias"):
        assert await refused(bench, operation, FunctionName="no", Name="live") == unknown


async def test_a_function_is_shown_by_its_alias(bench: Bench) -> None:
    await two_versions(bench)
    await create(bench)
    for name in ("fn:live", bench.arn("fn:live")):
        shown = await bench.call("GetFunctionConfiguration", FunctionName=name)
        assert (shown["FunctionArn"], shown["Version"]) == (bench.arn("fn:live"), "1")
    code, text, _ = await refused(bench, "DeleteFunction", FunctionName="fn:live")
    assert (code, text) == (INVALID, "Deletion of aliases is not currently supported.")
