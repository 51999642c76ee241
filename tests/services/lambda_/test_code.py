"""UpdateFunctionCode (reference 01 §6, §7)."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from lambent.model.function import State, UpdateStatus
from tests.catalog.zips import python_zip
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.versions import key
from tests.services.lambda_.bench import ZIP, Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, golden, refused

NEW = python_zip("def handler(event, context): return 'new'")
NEW_SHA256 = base64.b64encode(hashlib.sha256(NEW).digest()).decode()
UPDATE = "UpdateFunctionCode"


async def test_an_update_is_in_progress_when_it_answers(bench: Bench) -> None:
    await bench.create_active()
    bench.clock.advance(1)
    answer = await bench.call(UPDATE, FunctionName="fn", ZipFile=NEW)
    assert answer == golden(
        bench,
        CodeSize=len(NEW),
        CodeSha256=NEW_SHA256,
        LastModified="2024-05-01T12:34:57.789+0000",
        RevisionId="00000000-0000-4000-8000-000000000003",
        State="Active",
        StateReason=None,
        StateReasonCode=None,
        LastUpdateStatus="InProgress",
        LastUpdateStatusReason="The function is being created.",
        LastUpdateStatusReasonCode="Creating",
    )
    assert await bench.call("GetFunctionConfiguration", FunctionName="fn") == answer
    assert len(bench.published.keys) == len(bench.started.keys) == 2


async def test_the_old_code_stays_active_until_the_new_one_is(bench: Bench) -> None:
    active = await bench.create_active()
    await bench.call(UPDATE, FunctionName="fn", ZipFile=NEW)
    stored = await bench.functions.get(active.key)
    assert stored is not None
    assert stored.active == active
    settled = await bench.settle()
    assert settled.package_sha256 == hashlib.sha256(NEW).hexdigest()


async def test_even_the_same_code_again_is_an_update(bench: Bench) -> None:
    await bench.create_active()
    answer = await bench.call(UPDATE, FunctionName="fn", ZipFile=ZIP)
    assert answer["LastUpdateStatus"] == "InProgress"


async def test_the_architecture_may_change_with_the_code(bench: Bench) -> None:
    await bench.create_active()
    answer = await bench.call(UPDATE, FunctionName="fn", ZipFile=NEW, Architectures=["arm64"])
    assert answer["Architectures"] == ["arm64"]


async def test_a_dry_run_says_what_would_be_and_changes_nothing(bench: Bench) -> None:
    active = await bench.create_active()
    answer = await bench.call(UPDATE, FunctionName="fn", ZipFile=NEW, DryRun=True)
    assert (answer["CodeSha256"], answer["LastUpdateStatus"]) == (NEW_SHA256, "Successful")
    stored = await bench.functions.get(active.key)
    assert stored is not None
    assert stored.configured == active
    assert list(bench.packages.stored.values()) == [ZIP]
    assert len(bench.published.keys) == len(bench.started.keys) == 1


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "Please provide a source for function code."),
        (
            {"ZipFile": NEW, "S3Key": "k"},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
        (
            {"ImageUri": "image"},
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        ),
        ({"S3Bucket": "bucket"}, "Please provide a source for function code."),
        (
            {"S3Bucket": "bucket", "S3Key": "k", "S3ObjectStorageMode": "REFERENCE"},
            "lambent does not support S3ObjectStorageMode REFERENCE yet: leave it out.",
        ),
        (
            {"ZipFile": b"junk"},
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
    ],
)
async def test_code_that_is_no_code_is_refused(
    bench: Bench, members: dict[str, Any], text: str
) -> None:
    active = await bench.create_active()
    assert await refused(bench, UPDATE, FunctionName="fn", **members) == (INVALID, text, 400)
    stored = await bench.functions.get(active.key)
    assert stored is not None
    assert stored.configured == active


CHANGES: list[tuple[str, dict[str, Any]]] = [
    (UPDATE, {"ZipFile": NEW}),
    ("UpdateFunctionConfiguration", {"Timeout": 5}),
]


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_a_function_that_is_being_created_cannot_be_changed(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    await bench.create()
    assert await refused(bench, operation, FunctionName="fn", **members) == (
        "ResourceConflictException",
        (
            f"The operation cannot be performed at this time. The resource {bench.arn()} is currently in the following state: "
            "'Pending'. StateReasonCode: 'Creating'"
        ),
        409,
    )


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_a_function_that_is_being_updated_cannot_be_changed(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    await bench.create_active()
    await bench.call(operation, FunctionName="fn", **members)
    assert await refused(bench, operation, FunctionName="fn", **members) == (
        "ResourceConflictException",
        (
            "The operation cannot be performed at this time. "
            f"An update is in progress for resource: {bench.arn()}"
        ),
        409,
    )


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_a_function_that_failed_can_be_changed(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    created = await bench.create()
    stored = await bench.functions.get(key(region=bench.region))
    assert stored is not None
    failed = replace(
        stored.configured, state=State.FAILED, state_reason="why", update_status=UpdateStatus.FAILED
    )
    await bench.functions.replace(failed, if_revision=created["RevisionId"])
    answer = await bench.call(operation, FunctionName="fn", **members)
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Failed", "InProgress")


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_a_stale_revision_is_refused_and_the_latest_is_not(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    active = await bench.create_active()
    stale = "00000000-0000-4000-8000-000000000001"
    assert await refused(bench, operation, FunctionName="fn", RevisionId=stale, **members) == (
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        412,
    )
    await bench.call(operation, FunctionName="fn", RevisionId=active.revision_id, **members)


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_of_two_changes_at_once_the_second_is_a_conflict(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    class SomebodyIsFirst(InMemoryFunctions):
        async def replace(self, *_version: Any, **_if: Any) -> bool:
            return False

    bench.functions = SomebodyIsFirst()
    await bench.create_active()
    code, text, status = await refused(bench, operation, FunctionName="fn", **members)
    assert (code, status) == ("ResourceConflictException", 409)
    assert text.endswith(f"An update is in progress for resource: {bench.arn()}")


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_what_is_not_there_cannot_be_changed(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    assert await refused(bench, operation, FunctionName="nobody", **members) == (
        NOT_FOUND,
        f"Function not found: {bench.arn('nobody')}",
        404,
    )


@pytest.mark.parametrize(("operation", "members"), CHANGES)
async def test_versions_and_aliases_cannot_be_changed(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    await bench.create_active()
    code, text, _ = await refused(bench, operation, FunctionName="fn:prod", **members)
    assert code == INVALID
    assert text.startswith("This operation is permitted on Lambda functions only.")
    await bench.call(operation, FunctionName="fn:$LATEST", **members)
