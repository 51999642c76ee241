"""The policies of layer versions (reference 01 §7, §8, §11, §14; AWS documentation: Using layers, add-layer-version-permission)."""

import json
from typing import Any

import pytest

from tests.services.lambda_.bench import REGIONS, Bench
from tests.services.lambda_.golden import NOT_FOUND, refused
from tests.services.lambda_.test_layers import OTHER_ACCOUNT, denial, refused_to

ACTION = "lambda:GetLayerVersion"
NO_POLICY = (NOT_FOUND, "No policy is associated with the given resource.", 404)
STALE = (
    "PreconditionFailedException",
    (
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetLayerPolicy API to retrieve the latest Revision Id"
    ),
    412,
)


def version(number: int = 1) -> dict[str, Any]:
    return {"LayerName": "tools", "VersionNumber": number}


async def add(
    bench: Bench, statement_id: str = "xaccount", principal: str = "*", **more: Any
) -> dict[str, Any]:
    return await bench.call(
        "AddLayerVersionPermission",
        **version(),
        StatementId=statement_id,
        Action=ACTION,
        Principal=principal,
        **more,
    )


def statement(bench: Bench, principal: Any, sid: str = "xaccount", **more: Any) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": ACTION,
        "Resource": bench.layer_arn("tools:1"),
    } | more


async def test_each_kind_of_principal_is_written_as_aws_does(bench: Bench) -> None:
    await bench.publish()
    root = {"AWS": f"arn:{REGIONS[bench.region]}:iam::{OTHER_ACCOUNT}:root"}
    account = await add(bench, principal=OTHER_ACCOUNT)
    assert account["Statement"] == json.dumps(statement(bench, root), separators=(",", ":"))
    by_arn = await add(bench, "arn", root["AWS"])
    assert json.loads(by_arn["Statement"]) == statement(bench, root, "arn")
    everybody = await add(bench, "all", OrganizationId="o-t194hfs8cz")
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-t194hfs8cz"}}
    assert everybody["Statement"] == json.dumps(
        statement(bench, "*", "all", Condition=condition), separators=(",", ":")
    )


async def test_the_policy_is_a_document_of_all_statements(bench: Bench) -> None:
    await bench.publish()
    await add(bench, "first")
    second = await add(bench, "second")
    answer = await bench.call("GetLayerVersionPolicy", **version())
    assert answer["RevisionId"] == second["RevisionId"]
    assert answer["Policy"].startswith('{"Version":"2012-10-17","Id":"default","Statement":[{"Sid"')
    assert json.loads(answer["Policy"])["Statement"] == [
        statement(bench, "*", "first"),
        statement(bench, "*", "second"),
    ]


async def test_each_change_has_a_new_revision(bench: Bench) -> None:
    await bench.publish()
    revisions = [(await add(bench, sid))["RevisionId"] for sid in ("a", "b")]
    await bench.call("RemoveLayerVersionPermission", **version(), StatementId="a")
    answer = await bench.call("GetLayerVersionPolicy", **version())
    assert len({*revisions, answer["RevisionId"]}) == 3


async def test_a_permission_is_for_one_version(bench: Bench) -> None:
    for _ in range(2):
        await bench.publish()
    await add(bench)
    assert await refused(bench, "GetLayerVersionPolicy", **version(2)) == NO_POLICY
    arn = bench.layer_arn("tools:2")
    assert await refused_to(bench, OTHER_ACCOUNT, "GetLayerVersionByArn", Arn=arn) == denial(
        bench, "GetLayerVersion", arn
    )


async def test_what_is_for_an_organisation_is_for_nobody_here(bench: Bench) -> None:
    await bench.publish()  # docs/doubts.md: no account belongs to one
    await add(bench, OrganizationId="o-t194hfs8cz")
    arn = bench.layer_arn("tools:1")
    assert (await refused_to(bench, OTHER_ACCOUNT, "GetLayerVersionByArn", Arn=arn))[2] == 403


async def test_a_statement_id_is_taken_once(bench: Bench) -> None:
    await bench.publish()
    await add(bench)
    members = {"StatementId": "xaccount", "Action": ACTION, "Principal": "*"}
    assert await refused(bench, "AddLayerVersionPermission", **version(), **members) == (
        "ResourceConflictException",
        (
            "The statement id (xaccount) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        ),
        409,
    )


async def test_a_stale_revision_changes_nothing(bench: Bench) -> None:
    await bench.publish()
    fresh = (await add(bench))["RevisionId"]
    more = {"StatementId": "b", "Action": ACTION, "Principal": "*", "RevisionId": "stale"}
    assert await refused(bench, "AddLayerVersionPermission", **version(), **more) == STALE
    stale: dict[str, Any] = {"StatementId": "xaccount", "RevisionId": "stale"}
    assert await refused(bench, "RemoveLayerVersionPermission", **version(), **stale) == STALE
    assert (await bench.call("GetLayerVersionPolicy", **version()))["RevisionId"] == fresh
    fresh = (await add(bench, "b", RevisionId=fresh))["RevisionId"]
    current: dict[str, Any] = {"StatementId": "b", "RevisionId": fresh}
    assert await bench.call("RemoveLayerVersionPermission", **version(), **current) == {}


async def test_with_its_last_statement_the_policy_goes(bench: Bench) -> None:
    await bench.publish()
    assert await refused(bench, "GetLayerVersionPolicy", **version()) == NO_POLICY
    await add(bench)
    await bench.call("RemoveLayerVersionPermission", **version(), StatementId="xaccount")
    assert await refused(bench, "GetLayerVersionPolicy", **version()) == NO_POLICY
    gone: dict[str, Any] = {**version(), "StatementId": "xaccount"}
    assert await refused(bench, "RemoveLayerVersionPermission", **gone) == NO_POLICY


async def test_an_unknown_statement_is_not_found(bench: Bench) -> None:
    await bench.publish()
    await add(bench)
    assert await refused(
        bench, "RemoveLayerVersionPermission", **version(), StatementId="other"
    ) == (NOT_FOUND, "Statement other is not found in resource policy.", 404)


@pytest.mark.parametrize(
    "operation",
    ["AddLayerVersionPermission", "RemoveLayerVersionPermission", "GetLayerVersionPolicy"],
)
async def test_a_version_that_is_not_there_is_named(bench: Bench, operation: str) -> None:
    members = {"StatementId": "s", "Action": ACTION, "Principal": "*"}
    assert await refused(bench, operation, **version(), **members) == (
        NOT_FOUND,
        f"Layer version {bench.layer_arn('tools:1')} does not exist.",
        404,
    )


async def test_a_policy_has_20_kb(bench: Bench) -> None:
    await bench.publish()
    count = 0
    while len((await _policy(bench, count)).encode()) < 20_480 - 300:
        await add(bench, f"{count:0100}")
        count += 1
    before = await _policy(bench, count)
    size = (
        len(before) + len(json.dumps(statement(bench, "*", "x" * 100), separators=(",", ":"))) + 1
    )
    if size <= 20_480:
        await add(bench, "y" * 100)
        size += size - len(before)
    members = {"StatementId": "x" * 100, "Action": ACTION, "Principal": "*"}
    assert await refused(bench, "AddLayerVersionPermission", **version(), **members) == (
        "PolicyLengthExceededException",
        f"The final policy size ({size}) is bigger than the limit (20480).",
        400,
    )


async def _policy(bench: Bench, count: int) -> str:
    if not count:
        return ""
    policy: str = (await bench.call("GetLayerVersionPolicy", **version()))["Policy"]
    return policy
