"""AddPermission, RemovePermission, GetPolicy (reference 01 §8, §11; recorded where it is said)."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from lambent.model.arn import root_arn
from lambent.model.function import FunctionVersion
from lambent.services.lambda_.policy_store import KIND, StoredPolicy
from lambent.state.records import RecordKey
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.versions import ACCOUNT, key
from tests.services.lambda_.bench import REGIONS, Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused

NEEDED = {
    "FunctionName": "fn",
    "StatementId": "s3",
    "Action": "lambda:InvokeFunction",
    "Principal": "s3.amazonaws.com",
}
STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
CONFLICT = "ResourceConflictException"


async def add(bench: Bench, **members: Any) -> str:
    statement: str = (await bench.call("AddPermission", **(NEEDED | members)))["Statement"]
    return statement


async def policy(bench: Bench, **members: Any) -> dict[str, Any]:
    answer = await bench.call("GetPolicy", FunctionName="fn", **members)
    document: dict[str, Any] = json.loads(answer["Policy"])
    return document


async def published(bench: Bench) -> None:
    """A function with version 1 and the alias prod."""
    await bench.create_active()
    await bench.call("PublishVersion", FunctionName="fn")
    await bench.settle(number="1")
    await bench.call("CreateAlias", FunctionName="fn", Name="prod", FunctionVersion="1")


async def revision(bench: Bench, qualifier: str = "") -> str:
    """The RevisionId of what has the policy."""
    if qualifier == "prod":
        shown = await bench.call("GetAlias", FunctionName="fn", Name=qualifier)
    else:
        which = {"Qualifier": qualifier} if qualifier else {}
        shown = await bench.call("GetFunctionConfiguration", FunctionName="fn", **which)
    return str(shown["RevisionId"])


async def test_a_statement_and_the_policy_to_the_byte(bench: Bench) -> None:
    """Reference 01 §11; order of members recorded."""
    await bench.create_active()
    statement = await add(bench, SourceArn=f"arn:{REGIONS[bench.region]}:s3:::bucket")
    assert statement == (
        '{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",'
        f'"Resource":"{bench.arn()}","Condition":{{"ArnLike":{{"AWS:SourceArn":"arn:{REGIONS[bench.region]}:s3:::bucket"}}}}}}'
    )
    assert await bench.call("GetPolicy", FunctionName="fn") == {
        "Policy": f'{{"Version":"2012-10-17","Id":"default","Statement":[{statement}]}}',
        "RevisionId": await revision(bench),
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("*", "*"),
        ("sns.amazonaws.com", {"Service": "sns.amazonaws.com"}),
        ("edgelambda.amazonaws.com.cn", {"Service": "edgelambda.amazonaws.com.cn"}),
        ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
        ("210987654321", {"AWS": "arn:{}:iam::210987654321:root"}),
        ("arn:{}:iam::210987654321:root", {"AWS": "arn:{}:iam::210987654321:root"}),
        ("arn:{}:iam::210987654321:user/a/b", {"AWS": "arn:{}:iam::210987654321:user/a/b"}),
        (
            "arn:{}:sts::210987654321:assumed-role/r/s",
            {"AWS": "arn:{}:sts::210987654321:assumed-role/r/s"},
        ),
    ],
)
async def test_every_kind_of_principal(bench: Bench, given: str, expected: Any) -> None:
    """Reference 01 §11."""
    partition = REGIONS[bench.region]
    await bench.create_active()
    statement = json.loads(await add(bench, Principal=given.format(partition)))
    if isinstance(expected, dict):
        expected = {kind: name.format(partition) for kind, name in expected.items()}
    assert statement["Principal"] == expected


async def test_an_account_stands_for_its_root_in_the_partition_of_the_region(bench: Bench) -> None:
    """Reference 01 §11."""
    await bench.create_active()
    statement = json.loads(await add(bench, Principal=ACCOUNT))
    assert statement["Principal"] == {"AWS": root_arn(region=bench.region, account_id=ACCOUNT)}


@pytest.mark.parametrize(
    "principal",
    ["example.com", "nobody", "1234", "arn:aws-iso:iam::123456789012:root", "arn:aws:s3:::bucket"],
)
async def test_another_principal_is_invalid(bench: Bench, principal: str) -> None:
    """Recorded."""
    await bench.create_active()
    assert await refused(bench, "AddPermission", **(NEEDED | {"Principal": principal})) == (
        INVALID,
        "The provided principal was invalid. Please check the principal and try again.",
        400,
    )


async def test_conditions_are_merged_by_operator_in_aws_s_order(bench: Bench) -> None:
    """Recorded (StringEquals before ArnLike; account, url, organisation)."""
    await bench.create_active()
    statement = await add(
        bench,
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        SourceArn="arn:aws:s3:::bucket",
        SourceAccount=ACCOUNT,
        PrincipalOrgID="o-1234567890",
        FunctionUrlAuthType="NONE",
    )
    assert statement.partition('"Condition":')[2] == (
        f'{{"StringEquals":{{"AWS:SourceAccount":"{ACCOUNT}","lambda:FunctionUrlAuthType":"NONE",'
        '"aws:PrincipalOrgID":"o-1234567890"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}'
    )


async def test_the_other_conditions(bench: Bench) -> None:
    """Recorded (token); reference 01 §11 (url)."""
    await bench.create_active()
    token = json.loads(await add(bench, EventSourceToken="amzn1.ask.skill.x"))
    assert token["Condition"] == {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}}
    via = json.loads(await add(bench, StatementId="u", InvokedViaFunctionUrl=True))
    assert via["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}


async def test_url_conditions_fit_only_their_action(bench: Bench) -> None:
    """Seen by users (auth type); a clear sentence of ours (the other)."""
    await bench.create_active()
    assert await refused(bench, "AddPermission", **NEEDED, FunctionUrlAuthType="NONE") == (
        INVALID,
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        400,
    )
    url = NEEDED | {"Action": "lambda:InvokeFunctionUrl", "InvokedViaFunctionUrl": True}
    assert (await refused(bench, "AddPermission", **url))[0] == INVALID


@pytest.mark.parametrize("qualifier", ["", "1", "prod"])
async def test_a_policy_is_of_its_qualifier_and_shares_its_revision(
    bench: Bench, qualifier: str
) -> None:
    """Recorded (resource, revisions of $LATEST and of a version)."""
    await published(bench)
    which = {"Qualifier": qualifier} if qualifier else {}
    before = await revision(bench, qualifier)
    others = {q: await revision(bench, q) for q in ("", "1", "prod") if q != qualifier}
    statement = json.loads(await add(bench, **which, RevisionId=before))
    assert statement["Resource"] == bench.arn(f"fn:{qualifier}" if qualifier else "fn")
    after = await revision(bench, qualifier)
    assert after != before
    answer = await bench.call("GetPolicy", FunctionName="fn", **which)
    assert answer["RevisionId"] == after
    assert others == {q: await revision(bench, q) for q in others}
    for other in others:
        elsewhere = {"Qualifier": other} if other else {}
        assert await refused(bench, "GetPolicy", FunctionName="fn", **elsewhere) == (
            NOT_FOUND,
            "The resource you requested does not exist.",
            404,
        )
    await bench.call(
        "RemovePermission", FunctionName="fn", StatementId="s3", **which, RevisionId=after
    )
    assert await revision(bench, qualifier) != after


@pytest.mark.parametrize("qualifier", ["", "1", "prod"])
async def test_a_stale_revision_is_refused(bench: Bench, qualifier: str) -> None:
    """Recorded."""
    await published(bench)
    which = {"Qualifier": qualifier} if qualifier else {}
    expected = "PreconditionFailedException", STALE, 412
    assert await refused(bench, "AddPermission", **NEEDED, **which, RevisionId="x") == expected
    await add(bench, **which)
    sid = {"FunctionName": "fn", "StatementId": "s3"}
    assert await refused(bench, "RemovePermission", **sid, **which, RevisionId="x") == expected


async def test_the_policy_of_latest_by_name(bench: Bench) -> None:
    """Recorded (adding); it is the unqualified one."""
    await bench.create_active()
    await add(bench)
    expected = INVALID, "We currently do not support adding policies for $LATEST.", 400
    assert await refused(bench, "AddPermission", **NEEDED, Qualifier="$LATEST") == expected
    whole = NEEDED | {"FunctionName": "fn:$LATEST"}
    assert await refused(bench, "AddPermission", **whole) == expected
    assert await policy(bench, Qualifier="$LATEST") == await policy(bench)


async def test_statements_are_added_and_removed_one_by_one(bench: Bench) -> None:
    """Recorded."""
    await bench.create_active()
    for sid in ("a", "b"):
        await add(bench, StatementId=sid)
    assert [s["Sid"] for s in (await policy(bench))["Statement"]] == ["a", "b"]
    assert await refused(bench, "AddPermission", **(NEEDED | {"StatementId": "a"})) == (
        CONFLICT,
        "The statement id (a) provided already exists. Please provide a new statement id, or remove the existing statement.",
        409,
    )
    assert await refused(bench, "RemovePermission", FunctionName="fn", StatementId="no") == (
        NOT_FOUND,
        "Statement no is not found in resource policy.",
        404,
    )
    assert await bench.call("RemovePermission", FunctionName="fn", StatementId="a") == {}
    assert [s["Sid"] for s in (await policy(bench))["Statement"]] == ["b"]
    await bench.call("RemovePermission", FunctionName="fn", StatementId="b")
    gone = NOT_FOUND, "The resource you requested does not exist.", 404
    assert await refused(bench, "GetPolicy", FunctionName="fn") == gone
    assert await refused(bench, "RemovePermission", FunctionName="fn", StatementId="b") == (
        NOT_FOUND,
        "No policy is associated with the given resource.",
        404,
    )


async def test_what_is_missing_is_named_as_each_operation_names_it(bench: Bench) -> None:
    """Recorded."""
    await published(bench)
    nobody = bench.arn("nobody")
    alias = f"Cannot find alias arn: {bench.arn('fn:stage')}"
    for operation, members, text in (
        ("AddPermission", NEEDED | {"FunctionName": "nobody"}, f"Function not found: {nobody}"),
        ("AddPermission", NEEDED | {"Qualifier": "stage"}, alias),
        (
            "AddPermission",
            NEEDED | {"Qualifier": "42"},
            f"Function not found: {bench.arn('fn:42')}",
        ),
        (
            "AddPermission",
            NEEDED | {"Qualifier": "a$b"},
            f"Function not found: {bench.arn('fn:a$b')}",
        ),
        ("GetPolicy", {"FunctionName": "nobody"}, f"Function not found: {nobody}"),
        (
            "GetPolicy",
            {"FunctionName": "fn", "Qualifier": "42"},
            "The resource you requested does not exist.",
        ),
        (
            "RemovePermission",
            {"FunctionName": "nobody", "StatementId": "s3"},
            f"No policy found for: {nobody}",
        ),
        (
            "RemovePermission",
            {"FunctionName": "fn", "StatementId": "s3", "Qualifier": "stage"},
            alias,
        ),
    ):
        assert await refused(bench, operation, **members) == (NOT_FOUND, text, 404)


async def test_qualifiers_that_differ_are_refused(bench: Bench) -> None:
    """Recorded."""
    await published(bench)
    assert await refused(
        bench, "AddPermission", **(NEEDED | {"FunctionName": "fn:prod", "Qualifier": "1"})
    ) == (
        INVALID,
        "The derived qualifier from the function name does not match the specified qualifier.",
        400,
    )


async def test_a_policy_over_20480_bytes_is_refused_and_the_old_one_stays(bench: Bench) -> None:
    """Seen by users."""
    await bench.create_active()
    await add(bench)
    before = await policy(bench)
    big = NEEDED | {"StatementId": "big", "SourceArn": f"arn:aws:s3:::{'x' * 20_480}"}
    code, text, status = await refused(bench, "AddPermission", **big)
    assert (code, status) == ("PolicyLengthExceededException", 400)
    assert text.startswith("The final policy size (2")
    assert text.endswith(") is bigger than the limit (20480).")
    assert await policy(bench) == before


async def test_policies_end_with_what_they_belong_to(bench: Bench) -> None:
    """Reference 01 §7; publishing copies nothing (reference 01 §11)."""
    await published(bench)
    await add(bench)
    await add(bench, Qualifier="1")
    await add(bench, Qualifier="prod")
    await bench.call("DeleteAlias", FunctionName="fn", Name="prod")
    await bench.call("CreateAlias", FunctionName="fn", Name="prod", FunctionVersion="1")
    gone = NOT_FOUND, "The resource you requested does not exist.", 404
    assert await refused(bench, "GetPolicy", FunctionName="fn", Qualifier="prod") == gone
    await bench.call("DeleteFunction", FunctionName="fn")
    await published(bench)
    for which in ({}, {"Qualifier": "1"}):
        assert await refused(bench, "GetPolicy", FunctionName="fn", **which) == gone


async def test_of_two_who_add_at_once_both_have_their_statements(bench: Bench) -> None:
    class Slow(InMemoryFunctions):
        """Lets somebody in between a reading and the writing that follows."""

        async def get(self, key: Any) -> Any:
            stored = await super().get(key)
            await asyncio.sleep(0)
            return stored

    bench.functions = Slow()
    await bench.create_active()
    async with asyncio.TaskGroup() as group:
        for sid in "abcd":
            group.create_task(add(bench, StatementId=sid))
    assert {s["Sid"] for s in (await policy(bench))["Statement"]} == {"a", "b", "c", "d"}


async def test_of_two_with_the_same_revision_one_is_refused(bench: Bench) -> None:
    await bench.create_active()
    before = await revision(bench)
    await add(bench, RevisionId=before)
    second = NEEDED | {"StatementId": "late", "RevisionId": before}
    assert (await refused(bench, "AddPermission", **second))[0] == "PreconditionFailedException"


async def test_a_pending_function_can_be_given_a_policy_and_becomes_active(bench: Bench) -> None:
    await bench.create()
    await add(bench)
    await bench.settle()
    assert (await policy(bench))["Statement"]


async def test_what_runs_is_not_touched(bench: Bench) -> None:
    active = await bench.create_active()
    await add(bench)
    stored = await bench.functions.get(key(region=bench.region))
    assert stored is not None
    assert stored.active == active
    assert replace(stored.configured, revision_id=active.revision_id) == active
    assert len(bench.started.keys) == 1


async def test_an_owner_that_goes_in_between_is_named_as_missing(bench: Bench) -> None:
    class Fleeting(InMemoryFunctions):
        """Is deleted right after its revision was changed."""

        async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
            replaced = await super().replace(version, if_revision=if_revision)
            await self.delete(version.key)
            return replaced

    bench.functions = Fleeting()
    await bench.create_active()
    assert await refused(bench, "AddPermission", **NEEDED) == (
        NOT_FOUND,
        f"Function not found: {bench.arn()}",
        404,
    )
    records = bench.stores.records.of(KIND, StoredPolicy)
    assert await records.get(RecordKey.of_function(key(region=bench.region))) is None
