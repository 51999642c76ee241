"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy (botocore model; reference 01 §11; AWS documentation: API_PutResourcePolicy)."""

import json
from typing import Any

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused
from tests.services.lambda_.test_policies import NEEDED, add, policy, published, revision

GONE = NOT_FOUND, "The resource you requested does not exist.", 404
STATEMENT = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "lambda:InvokeFunction",
    "Resource": "*",
}


def document(**changes: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [STATEMENT | {"Sid": "one"}]} | changes
    )


@pytest.mark.parametrize("suffix", ["fn", "fn:1", "fn:prod"])
async def test_a_document_replaces_the_statements_and_is_shown_as_it_was_put(
    bench: Bench, suffix: str
) -> None:
    await published(bench)
    qualifier = suffix.partition(":")[2]
    which = {"Qualifier": qualifier} if qualifier else {}
    await add(bench, **which)
    before = await revision(bench, qualifier)
    put = await bench.call(
        "PutResourcePolicy",
        ResourceArn=bench.arn(suffix),
        Policy=document(),
        RevisionId=before,
    )
    assert put == {"Policy": document(), "RevisionId": await revision(bench, qualifier)}
    assert put["RevisionId"] != before
    assert await bench.call("GetResourcePolicy", ResourceArn=bench.arn(suffix)) == put
    assert await bench.call("GetPolicy", FunctionName="fn", **which) == put


async def test_statements_are_added_to_and_removed_from_a_document(bench: Bench) -> None:
    await bench.create_active()
    single = document(Statement=STATEMENT | {"Sid": "one"}, Id="mine")
    await bench.call("PutResourcePolicy", ResourceArn=bench.arn(), Policy=single)
    await add(bench)
    whole = await policy(bench)
    assert whole["Id"] == "mine"
    assert [s["Sid"] for s in whole["Statement"]] == ["one", "s3"]
    await bench.call("RemovePermission", FunctionName="fn", StatementId="one")
    assert [s["Sid"] for s in (await policy(bench))["Statement"]] == ["s3"]


async def test_a_document_is_deleted_whole(bench: Bench) -> None:
    await bench.create_active()
    await add(bench)
    await add(bench, StatementId="two")
    assert (
        await bench.call(
            "DeleteResourcePolicy", ResourceArn=bench.arn(), RevisionId=await revision(bench)
        )
        == {}
    )
    for operation in ("GetResourcePolicy", "DeleteResourcePolicy"):
        assert await refused(bench, operation, ResourceArn=bench.arn()) == GONE
    assert await refused(bench, "GetPolicy", FunctionName="fn") == GONE


async def test_a_stale_revision_is_refused_by_both(bench: Bench) -> None:
    await bench.create_active()
    await add(bench)
    stale = {"ResourceArn": bench.arn(), "RevisionId": "0" * 36}
    expected = (
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetResourcePolicy API to retrieve the latest Revision Id"
        ),
        412,
    )
    assert await refused(bench, "PutResourcePolicy", **stale, Policy=document()) == expected
    assert await refused(bench, "DeleteResourcePolicy", **stale) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '"x"',
        "[" * 9_000,
        '{"Version": "2012-10-17", "Statement": "\\ud800"}',
        document(Version="yesterday"),
        document(Statement=[]),
        document(Statement="x"),
        document(Statement=["x"]),
        document(Statement=[STATEMENT | {"Effect": "Maybe"}]),
        document(Statement=[STATEMENT | {"Sid": 1}]),
        document(Statement=[STATEMENT | {"Principal": ""}]),
        document(Statement=[{"Effect": "Allow", "Principal": "*", "Resource": "*"}]),
        document(Statement=[STATEMENT | {"Sid": "a"}, STATEMENT | {"Sid": "a"}]),
    ],
)
async def test_what_is_no_policy_is_refused(bench: Bench, text: str) -> None:
    """A clear sentence of ours: no source has AWS's."""
    await bench.create_active()
    code, message, status = await refused(
        bench, "PutResourcePolicy", ResourceArn=bench.arn(), Policy=text
    )
    assert (code, status) == (INVALID, 400)
    assert message.startswith("The policy is malformed: ")
    assert await refused(bench, "GetResourcePolicy", ResourceArn=bench.arn()) == GONE


async def test_bytes_count_for_the_limit_not_characters(bench: Bench) -> None:
    """Reference 01 §11; the words: seen by users."""
    await bench.create_active()
    text = document(Id="ß" * 10_240)
    text = json.dumps(json.loads(text), ensure_ascii=False)
    assert len(text) < 20_480 < len(text.encode())
    assert await refused(bench, "PutResourcePolicy", ResourceArn=bench.arn(), Policy=text) == (
        "PolicyLengthExceededException",
        f"The final policy size ({len(text.encode())}) is bigger than the limit (20480).",
        400,
    )


async def test_what_is_not_there(bench: Bench) -> None:
    """Reference 01 §8, in the words of the other policy operations."""
    await bench.create_active()
    runtime = bench.arn().replace("function:fn", "runtime/mine")
    for arn, expected in (
        (bench.arn("nobody"), (NOT_FOUND, f"Function not found: {bench.arn('nobody')}", 404)),
        (bench.arn("fn:7"), (NOT_FOUND, f"Function not found: {bench.arn('fn:7')}", 404)),
        (bench.arn("fn:a"), (NOT_FOUND, f"Cannot find alias arn: {bench.arn('fn:a')}", 404)),
        (runtime, GONE),
    ):
        for operation, more in (
            ("PutResourcePolicy", {"Policy": document()}),
            ("GetResourcePolicy", {}),
            ("DeleteResourcePolicy", {}),
        ):
            assert await refused(bench, operation, ResourceArn=arn, **more) == expected


async def test_latest_by_name_has_none_of_its_own(bench: Bench) -> None:
    """As AddPermission (recorded)."""
    await bench.create_active()
    latest = bench.arn("fn:$LATEST")
    assert await refused(bench, "PutResourcePolicy", ResourceArn=latest, Policy=document()) == (
        INVALID,
        "We currently do not support adding policies for $LATEST.",
        400,
    )
    await bench.call("AddPermission", **NEEDED)
    shown = await bench.call("GetResourcePolicy", ResourceArn=latest)
    assert shown == await bench.call("GetResourcePolicy", ResourceArn=bench.arn())
