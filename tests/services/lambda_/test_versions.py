"""PublishVersion, ListVersionsByFunction, versions in other operations (reference 01 §2.2, §4, §7, §8)."""

from typing import Any

import pytest

from lambent.model.errors import PreconditionFailed
from lambent.model.function import State
from tests.catalog.zips import python_zip
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, SHA256, golden, refused

OTHER_CODE = python_zip("def handler(event, context): return 2")
CONFLICT = "ResourceConflictException"


async def publish(bench: Bench, **members: Any) -> dict[str, Any]:
    return await bench.call("PublishVersion", FunctionName="fn", **members)


async def change(bench: Bench) -> None:
    """Give $LATEST other code."""
    await bench.call("UpdateFunctionCode", FunctionName="fn", ZipFile=OTHER_CODE)
    await bench.settle()


async def test_a_version_is_active_as_soon_as_it_is_published(bench: Bench) -> None:
    """Recorded; the configuration of $LATEST, that is active, needs nothing more."""
    latest = await bench.create_active()
    answer = await publish(bench, Description="first")
    active = {"State": "Active", "LastUpdateStatus": "Successful"}
    assert answer == golden(
        bench,
        FunctionArn=bench.arn("fn:1"),
        Version="1",
        Description="first",
        RevisionId=answer["RevisionId"],
        StateReason=None,
        StateReasonCode=None,
        **active,
    )
    assert [k.version for k in bench.started.keys] == ["$LATEST"]
    assert [k.version for k in bench.published.keys[-2:]] == ["$LATEST", "1"]
    shown = await bench.call("GetFunctionConfiguration", FunctionName="fn", Qualifier="1")
    assert shown == answer
    after = await bench.call("GetFunctionConfiguration", FunctionName="fn")
    assert after["Description"] == ""
    assert after["RevisionId"] not in {latest.revision_id, answer["RevisionId"]}
    assert after["State"] == "Active"


async def test_a_version_with_snap_start_is_pending_until_it_is_activated(bench: Bench) -> None:
    """AWS documentation: SnapStart, function states."""
    await bench.create_active(SnapStart={"ApplyOn": "PublishedVersions"})
    assert (await publish(bench))["State"] == "Pending"
    assert [k.version for k in bench.started.keys] == ["$LATEST", "$LATEST", "1"]
    await bench.settle(number="1")
    shown = await bench.call("GetFunctionConfiguration", FunctionName="fn", Qualifier="1")
    assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Successful")
    assert (shown["FunctionArn"], shown["Version"]) == (bench.arn("fn:1"), "1")


async def test_where_nothing_changed_the_last_version_is_the_answer(bench: Bench) -> None:
    await bench.create_active()
    first = await publish(bench)
    again = await publish(bench, Description="of no consequence")
    assert again == first
    await bench.call("TagResource", Resource=bench.arn(), Tags={"a": "b"})
    assert (await publish(bench))["Version"] == "1"


async def test_another_description_of_latest_gives_the_next_number(bench: Bench) -> None:
    """Recorded: the description that a version was given when it was published does not count."""
    await bench.create_active(Description="old")
    assert (await publish(bench, Description="first"))["Version"] == "1"
    assert (await publish(bench))["Description"] == "first"
    await bench.call("UpdateFunctionConfiguration", FunctionName="fn", Description="new")
    await bench.settle()
    second = await publish(bench)
    assert (second["Version"], second["Description"]) == ("2", "new")
    third = await publish(bench, Description="of no consequence")
    assert (third["Version"], third["Description"]) == ("2", "new")
    await bench.call("UpdateFunctionConfiguration", FunctionName="fn", Description="first")
    await bench.settle()
    assert (await publish(bench))["Version"] == "3"


async def test_a_change_gives_the_next_number_which_is_never_given_twice(bench: Bench) -> None:
    await bench.create_active()
    await publish(bench)
    await change(bench)
    assert (await publish(bench))["Version"] == "2"
    await bench.call("DeleteFunction", FunctionName="fn", Qualifier="2")
    assert (await publish(bench))["Version"] == "3"


async def test_a_version_keeps_its_configuration(bench: Bench) -> None:
    await bench.create_active(Environment={"Variables": {"KEY": "old"}})
    await publish(bench)
    await bench.call(
        "UpdateFunctionConfiguration",
        FunctionName="fn",
        Environment={"Variables": {"KEY": "new"}},
        Timeout=9,
    )
    shown = await bench.call("GetFunction", FunctionName="fn", Qualifier="1")
    assert shown["Configuration"]["Environment"] == {"Variables": {"KEY": "old"}}
    assert shown["Configuration"]["Timeout"] == 3


async def test_the_hash_and_the_revision_are_guards(bench: Bench) -> None:
    latest = await bench.create_active()
    assert await refused(bench, "PublishVersion", FunctionName="fn", CodeSha256="x=") == (
        INVALID,
        f"CodeSHA256 (x=) is different from current CodeSHA256 in $LATEST ({SHA256}). Please try again with the CodeSHA256 in $LATEST.",
        400,
    )
    stale = await refused(bench, "PublishVersion", FunctionName="fn", RevisionId="0" * 36)
    assert stale[0] == PreconditionFailed.code
    answer = await publish(bench, CodeSha256=SHA256, RevisionId=latest.revision_id)
    assert answer["Version"] == "1"


async def test_only_what_is_at_rest_is_published(bench: Bench) -> None:
    await bench.create()
    code, text, status = await refused(bench, "PublishVersion", FunctionName="fn")
    assert (code, status) == (CONFLICT, 409)
    assert text == (
        "The operation cannot be performed at this time. The resource "
        f"{bench.arn()} is currently in the following state: 'Pending'. StateReasonCode: 'Creating'"
    )
    unknown = await refused(bench, "PublishVersion", FunctionName="nobody")
    assert unknown == (NOT_FOUND, f"Function not found: {bench.arn('nobody')}", 404)


async def test_create_may_publish(bench: Bench) -> None:
    answer = await bench.create(Publish=True, Tags={"a": "b"})
    assert answer == golden(bench, Version="1", RevisionId=answer["RevisionId"])
    assert [k.version for k in bench.started.keys] == ["$LATEST", "1"]
    latest = await bench.call("GetFunction", FunctionName="fn")
    assert latest["Tags"] == {"a": "b"}
    assert latest["Configuration"]["Version"] == "$LATEST"


async def test_an_update_of_the_code_may_publish(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    members = {"FunctionName": "fn", "Publish": True}
    answer = await bench.call("UpdateFunctionCode", ZipFile=OTHER_CODE, **members)
    assert (answer["Version"], answer["FunctionArn"]) == ("2", bench.arn("fn:2"))
    assert answer["State"] == "Pending"
    assert "LastUpdateStatus" not in answer
    latest = await bench.call("GetFunctionConfiguration", FunctionName="fn")
    assert latest["LastUpdateStatus"] == "InProgress"
    await bench.settle()
    same = await bench.call("UpdateFunctionCode", ZipFile=OTHER_CODE, **members)
    assert same["Version"] == "2"


async def test_versions_are_listed_behind_latest(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    await change(bench)
    await publish(bench)
    listed = await bench.call("ListVersionsByFunction", FunctionName="fn")
    assert [(v["Version"], v["FunctionArn"]) for v in listed["Versions"]] == [
        ("$LATEST", bench.arn("fn:$LATEST")),
        ("1", bench.arn("fn:1")),
        ("2", bench.arn("fn:2")),
    ]
    for hidden in ("State", "StateReason", "LastUpdateStatus", "RuntimeVersionConfig"):
        assert all(hidden not in version for version in listed["Versions"])
    page = await bench.call("ListVersionsByFunction", FunctionName="fn", MaxItems=2)
    rest = await bench.call("ListVersionsByFunction", FunctionName="fn", Marker=page["NextMarker"])
    assert [v["Version"] for v in page["Versions"] + rest["Versions"]] == ["$LATEST", "1", "2"]
    assert "NextMarker" not in rest


async def test_functions_are_listed_with_every_version(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    listed = await bench.call("ListFunctions", FunctionVersion="ALL")
    assert [f["FunctionArn"] for f in listed["Functions"]] == [
        bench.arn("fn:$LATEST"),
        bench.arn("fn:1"),
    ]
    plain = await bench.call("ListFunctions")
    assert [f["FunctionArn"] for f in plain["Functions"]] == [bench.arn()]


async def test_versions_of_nobody_are_not_found(bench: Bench) -> None:
    unknown = await refused(bench, "ListVersionsByFunction", FunctionName="nobody")
    assert unknown == (NOT_FOUND, f"Function not found: {bench.arn('nobody')}", 404)


@pytest.mark.parametrize("qualifier", ["2", "live", "$LATEST.PUBLISHED"])
@pytest.mark.parametrize("operation", ["GetFunction", "GetFunctionConfiguration"])
async def test_what_no_qualifier_leads_to_is_not_found(
    bench: Bench, operation: str, qualifier: str
) -> None:
    await bench.create_active(Publish=True)
    unknown = await refused(bench, operation, FunctionName="fn", Qualifier=qualifier)
    assert unknown == (NOT_FOUND, f"Function not found: {bench.arn('fn:' + qualifier)}", 404)


async def test_a_version_is_deleted_and_the_function_stays(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    for _ in range(2):  # recorded: one that is not there counts as deleted
        await bench.call("DeleteFunction", FunctionName="fn:1")
    gone = await refused(bench, "GetFunction", FunctionName="fn:1")
    assert gone[0] == NOT_FOUND
    assert (await bench.settle()).state is State.ACTIVE


async def test_a_version_that_an_alias_leads_to_is_not_deleted(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    await bench.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    assert await refused(bench, "DeleteFunction", FunctionName="fn", Qualifier="1") == (
        CONFLICT,
        "Version 1 is referenced by the aliases [live]",
        409,
    )


async def test_versions_end_with_their_function(bench: Bench) -> None:
    await bench.create_active(Publish=True)
    await bench.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    await bench.call("DeleteFunction", FunctionName="fn")
    await bench.create_active()
    for qualifier in ("1", "live"):
        gone = await refused(bench, "GetFunction", FunctionName="fn", Qualifier=qualifier)
        assert gone[0] == NOT_FOUND
    assert (await publish(bench))["Version"] == "1"
