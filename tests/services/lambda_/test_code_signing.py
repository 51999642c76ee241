"""CreateCodeSigningConfig and its like (reference 01 §2.2, §8, §15; recorded where nothing else is said)."""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import pytest

from lambent.model.errors import ResourceNotFound, ServiceError
from tests.services.lambda_.bench import REGIONS, ZIP, Bench, context
from tests.services.lambda_.golden import INVALID, NOT_FOUND, create_refused, refused

CREATE, UPDATE = "CreateCodeSigningConfig", "UpdateCodeSigningConfig"
GET, DELETE, LIST = "GetCodeSigningConfig", "DeleteCodeSigningConfig", "ListCodeSigningConfigs"
FUNCTIONS = "ListFunctionsByCodeSigningConfig"
PUT_OF, GET_OF = "PutFunctionCodeSigningConfig", "GetFunctionCodeSigningConfig"
DELETE_OF = "DeleteFunctionCodeSigningConfig"


def enforced(policy: str = "Enforce") -> dict[str, Any]:
    return {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}}


def profile(bench: Bench) -> str:
    return f"arn:{REGIONS[bench.region]}:signer:{bench.region}:123456789012:/signing-profiles/test"


async def create(bench: Bench, **members: Any) -> str:
    """The ARN of a new configuration."""
    publishers = {"SigningProfileVersionArns": [profile(bench)]}
    answer = await bench.call(CREATE, AllowedPublishers=publishers, **members)
    return str(answer["CodeSigningConfig"]["CodeSigningConfigArn"])


def unknown(bench: Bench) -> str:
    prefix = bench.arn("").removesuffix("function:")
    return f"{prefix}code-signing-config:csc-zzzzzzzzzzzzzzzzz"


async def test_a_configuration_lives_from_create_to_delete(bench: Bench) -> None:
    publishers = {"SigningProfileVersionArns": [profile(bench)]}
    created = await bench.call(CREATE, AllowedPublishers=publishers, Description="d", **enforced())
    shown = created["CodeSigningConfig"]
    arn, name = shown["CodeSigningConfigArn"], shown["CodeSigningConfigId"]
    assert arn == unknown(bench).replace("csc-zzzzzzzzzzzzzzzzz", name)
    assert len(name) == len("csc-") + 17
    assert shown == {
        "CodeSigningConfigId": name,
        "CodeSigningConfigArn": arn,
        "Description": "d",
        "AllowedPublishers": publishers,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
        "LastModified": "2024-05-01T12:34:56.789+0000",
    }
    bench.clock.advance(1)
    updated = await bench.call(UPDATE, CodeSigningConfigArn=arn, **enforced("Warn"))
    shown |= {
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        "LastModified": "2024-05-01T12:34:57.789+0000",
    }
    assert updated == {"CodeSigningConfig": shown}
    assert await bench.call(GET, CodeSigningConfigArn=arn) == updated
    assert await bench.call(LIST) == {"CodeSigningConfigs": [shown]}
    assert await bench.call(DELETE, CodeSigningConfigArn=arn) == {}
    assert await bench.call(LIST) == {"CodeSigningConfigs": []}


async def test_warn_is_the_ordinary_policy_and_no_description_is_left_out(bench: Bench) -> None:
    """Reference 01 §15."""
    arn = await create(bench)
    shown = (await bench.call(GET, CodeSigningConfigArn=arn))["CodeSigningConfig"]
    assert shown["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert "Description" not in shown


async def test_lists_go_page_by_page_and_show_nobody_else_s(bench: Bench) -> None:
    arns = {await create(bench) for _ in range(3)}
    first = await bench.call(LIST, MaxItems=2)
    rest = await bench.call(LIST, Marker=first["NextMarker"])
    assert "NextMarker" not in rest
    pages = first["CodeSigningConfigs"] + rest["CodeSigningConfigs"]
    assert {config["CodeSigningConfigArn"] for config in pages} == arns
    other = context(bench.region, account_id="999999999999")
    assert await bench.handlers()[LIST](other, {}) == {"CodeSigningConfigs": []}
    with pytest.raises(ResourceNotFound):
        await bench.handlers()[GET](other, {"CodeSigningConfigArn": arns.pop()})


@pytest.mark.parametrize("operation", [GET, UPDATE, DELETE, FUNCTIONS])
async def test_a_configuration_that_is_not_there(bench: Bench, operation: str) -> None:
    """Recorded, without a Type."""
    with pytest.raises(ServiceError) as error:
        await bench.call(operation, CodeSigningConfigArn=unknown(bench))
    assert (error.value.code, error.value.status, error.value.fault) == (NOT_FOUND, 404, None)
    assert error.value.message == (
        f"The Lambda code signing configuration {unknown(bench)} can not be found."
    )


async def test_a_function_is_given_one_and_loses_it(bench: Bench) -> None:
    await bench.create_active()
    arn = await create(bench)
    assert await bench.call(GET_OF, FunctionName="fn") == {}
    assert await bench.call(FUNCTIONS, CodeSigningConfigArn=arn) == {"FunctionArns": []}
    has = {"CodeSigningConfigArn": arn, "FunctionName": "fn"}
    assert await bench.call(PUT_OF, FunctionName=bench.arn(), CodeSigningConfigArn=arn) == has
    assert await bench.call(GET_OF, FunctionName="fn") == has
    assert await bench.call(FUNCTIONS, CodeSigningConfigArn=arn) == {"FunctionArns": [bench.arn()]}
    assert await bench.call(DELETE_OF, FunctionName="fn") == {}
    assert await bench.call(DELETE_OF, FunctionName="fn") == {}
    assert await bench.call(GET_OF, FunctionName="fn") == {}


async def test_what_is_missing_for_a_function(bench: Bench) -> None:
    """Recorded: the configuration is looked for before the function."""
    arn = await create(bench)
    no_function = NOT_FOUND, f"Function not found: {bench.arn('nobody')}", 404
    for operation, more in ((PUT_OF, {"CodeSigningConfigArn": arn}), (GET_OF, {}), (DELETE_OF, {})):
        assert await refused(bench, operation, FunctionName="nobody", **more) == no_function
    no_config = (
        "CodeSigningConfigNotFoundException",
        (
            "The code signing configuration cannot be found. "
            f"Check that the provided configuration is not deleted: {unknown(bench)}."
        ),
        404,
    )
    both = {"FunctionName": "nobody", "CodeSigningConfigArn": unknown(bench)}
    assert await refused(bench, PUT_OF, **both) == no_config
    assert await create_refused(bench, CodeSigningConfigArn=unknown(bench)) == no_config
    await bench.create_active()
    for name in ("fn:1", "fn:prod"):
        for operation, more in (
            (PUT_OF, {"CodeSigningConfigArn": arn}),
            (GET_OF, {}),
            (DELETE_OF, {}),
        ):
            assert (await refused(bench, operation, FunctionName=name, **more))[0] == INVALID


async def test_one_that_is_in_use_is_not_deleted(bench: Bench) -> None:
    """Reference 01 §15; the sentence is ours."""
    arn = await create(bench)
    await bench.create("fn", CodeSigningConfigArn=arn)
    await bench.settle("fn")
    assert (await refused(bench, DELETE, CodeSigningConfigArn=arn))[::2] == (
        "ResourceConflictException",
        409,
    )
    await bench.call("DeleteFunction", FunctionName="fn")
    assert await bench.call(DELETE, CodeSigningConfigArn=arn) == {}


async def test_the_functions_of_one_go_page_by_page(bench: Bench) -> None:
    arn = await create(bench)
    await bench.create("without")
    for name in "cab":
        await bench.create(name, CodeSigningConfigArn=arn)
    first = await bench.call(FUNCTIONS, CodeSigningConfigArn=arn, MaxItems=2)
    assert first["FunctionArns"] == [bench.arn("a"), bench.arn("b")]
    rest = await bench.call(FUNCTIONS, CodeSigningConfigArn=arn, Marker=first["NextMarker"])
    assert rest == {"FunctionArns": [bench.arn("c")]}


async def test_under_an_enforced_one_nothing_is_deployed(bench: Bench) -> None:
    """Reference 01 §15 (code); the sentence is ours: no signature is verified yet."""
    arn = await create(bench, **enforced())
    expected = (
        "InvalidCodeSignatureException",
        (
            f"The code signing configuration {arn} is enforced, and lambent verifies no signatures yet, so that nothing "
            "can be deployed under it: set its policy to Warn, or remove it from the function."
        ),
        400,
    )
    assert await create_refused(bench, CodeSigningConfigArn=arn) == expected
    assert bench.packages.stored == {}
    await bench.create_active()
    await bench.call(PUT_OF, FunctionName="fn", CodeSigningConfigArn=arn)
    for more in ({}, {"DryRun": True}, {"Publish": True}):
        code = {"FunctionName": "fn", "ZipFile": ZIP, **more}
        assert await refused(bench, "UpdateFunctionCode", **code) == expected
    await bench.call("UpdateFunctionConfiguration", FunctionName="fn", Description="still")
    await bench.settle()
    await bench.call(DELETE_OF, FunctionName="fn")
    await bench.call("UpdateFunctionCode", FunctionName="fn", ZipFile=ZIP)


async def test_under_warn_it_is_deployed_and_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    arn = await create(bench)
    with caplog.at_level(logging.WARNING):
        await bench.create(CodeSigningConfigArn=arn)
    assert f"{bench.arn()}: deployed without verifying a signature ({arn})" in caplog.text
    await bench.settle()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        await bench.call("UpdateFunctionCode", FunctionName="fn", ZipFile=ZIP)
    assert "deployed without verifying a signature" in caplog.text
    shown = await bench.call(GET_OF, FunctionName="fn")
    assert shown["CodeSigningConfigArn"] == arn


async def test_it_is_the_function_s_and_no_version_s(bench: Bench) -> None:
    """Reference 01 §7: the snapshot of a version lacks it, and it makes no new version."""
    await bench.create_active()
    await bench.call("PublishVersion", FunctionName="fn")
    await bench.call(PUT_OF, FunctionName="fn", CodeSigningConfigArn=await create(bench))
    assert (await bench.call("PublishVersion", FunctionName="fn"))["Version"] == "1"
    assert (await bench.settle(number="1")).code_signing_config_arn == ""
    await bench.call("UpdateFunctionConfiguration", FunctionName="fn", Description="d")
    assert await bench.call(GET_OF, FunctionName="fn") != {}


async def quietly(call: Awaitable[Any]) -> None:
    with suppress(ServiceError):
        await call


async def test_a_configuration_is_not_deleted_while_it_is_given(bench: Bench) -> None:
    """Whoever is first: either the function has it and it stays, or it is gone and the function has none."""
    for first in (DELETE, PUT_OF):
        await bench.create_active(first)
        arn = await create(bench)
        handlers = bench.handlers()
        calls = {
            DELETE: {"CodeSigningConfigArn": arn},
            PUT_OF: {"FunctionName": first, "CodeSigningConfigArn": arn},
        }
        order = sorted(calls, key=lambda operation: operation != first)
        async with asyncio.TaskGroup() as group:
            for one in order:
                group.create_task(quietly(handlers[one](context(bench.region), calls[one])))
        has = await bench.call(GET_OF, FunctionName=first)
        there = {
            config["CodeSigningConfigArn"]
            for config in (await bench.call(LIST))["CodeSigningConfigs"]
        }
        assert ("CodeSigningConfigArn" in has) == (arn in there)


async def test_its_tags_are_those_it_was_made_with_and_change(bench: Bench) -> None:
    """Reference 01 §15."""
    arn = await create(bench, Tags={"a": "1"})
    assert await bench.call("ListTags", Resource=arn) == {"Tags": {"a": "1"}}
    await bench.call("TagResource", Resource=arn, Tags={"b": "2"})
    await bench.call("UntagResource", Resource=arn, TagKeys=["a", "never"])
    assert await bench.call("ListTags", Resource=arn) == {"Tags": {"b": "2"}}
    many = {f"k{n}": "" for n in range(50)}
    assert await refused(bench, "TagResource", Resource=arn, Tags=many) == (
        INVALID,
        "Number of tags exceeds resource tag limit.",
        400,
    )
    for elsewhere in (
        arn.replace(bench.region, "eu-west-1"),
        arn.replace("123456789012", "999999999999"),
    ):
        assert (await refused(bench, "ListTags", Resource=elsewhere))[0] == NOT_FOUND
