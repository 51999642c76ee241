"""CreateFunctionUrlConfig and its like (reference 01 §2.3, §8, §12; recorded where nothing else is said)."""

import re
from typing import Any

import pytest

from lambent.model.partitions import PARTITIONS
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused
from tests.services.lambda_.test_policies import published

CREATE, UPDATE = "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"
GET, DELETE, LIST = "GetFunctionUrlConfig", "DeleteFunctionUrlConfig", "ListFunctionUrlConfigs"
GONE = NOT_FOUND, "The resource you requested does not exist.", 404
NO_FUNCTION = NOT_FOUND, "Function does not exist", 404
CREATED = "2024-05-01T12:34:56.789000000Z"
SUFFIXES = {"us-east-1": "on.aws", "cn-north-1": "on.amazonwebservices.com.cn"}


async def create(bench: Bench, name: str = "fn", **members: Any) -> dict[str, Any]:
    return await bench.call(CREATE, FunctionName=name, **({"AuthType": "NONE"} | members))


async def test_a_url_lives_from_create_to_delete(bench: Bench) -> None:
    await bench.create_active()
    created = await create(bench)
    url = created.pop("FunctionUrl")
    suffix = SUFFIXES[bench.region]
    assert re.fullmatch(rf"https://[a-z0-9]{{32}}\.lambda-url\.{bench.region}\.{suffix}/", url)
    assert created == {
        "FunctionArn": bench.arn(),
        "AuthType": "NONE",
        "CreationTime": CREATED,
    }
    whole = created | {
        "FunctionUrl": url,
        "InvokeMode": "BUFFERED",
        "LastModifiedTime": CREATED,
    }
    assert await bench.call(GET, FunctionName="fn") == whole
    bench.clock.advance(1)
    modified = {"LastModifiedTime": CREATED.replace(":56.", ":57."), "AuthType": "AWS_IAM"}
    updated = await bench.call(UPDATE, FunctionName="fn", AuthType="AWS_IAM")
    assert updated == created | {"FunctionUrl": url} | modified
    assert await bench.call(GET, FunctionName="fn") == whole | modified
    assert await bench.call(DELETE, FunctionName="fn") == {}
    assert await refused(bench, GET, FunctionName="fn") == GONE
    assert (await create(bench))["FunctionUrl"] != url


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda p: p.name)
def test_the_host_name_is_as_long_as_the_model_allows(partition: Any) -> None:
    """Botocore model: FunctionUrl has 40 to 100 characters."""
    url = f"https://{'x' * 32}.lambda-url.us-gov-west-1.{partition.site_suffix}/"
    assert 40 <= len(url) <= 100


async def test_the_function_and_its_aliases_have_their_own(bench: Bench) -> None:
    await published(bench)
    assert await bench.call(LIST, FunctionName="fn") == {"FunctionUrlConfigs": []}
    alias = await create(bench, Qualifier="prod")
    own = await create(bench)
    assert alias["FunctionArn"] == bench.arn("fn:prod")
    assert alias["FunctionUrl"] != own["FunctionUrl"]
    more = {"InvokeMode": "BUFFERED", "LastModifiedTime": CREATED}
    everything = [own | more, alias | more]
    assert await bench.call(LIST, FunctionName="fn") == {"FunctionUrlConfigs": everything}
    first = await bench.call(LIST, FunctionName="fn", MaxItems=1)
    assert first["FunctionUrlConfigs"] == everything[:1]
    rest = await bench.call(LIST, FunctionName="fn", MaxItems=1, Marker=first["NextMarker"])
    assert rest == {"FunctionUrlConfigs": everything[1:]}
    await bench.call(DELETE, FunctionName="fn")
    assert await bench.call(GET, FunctionName="fn:prod") == everything[1]
    await bench.call("DeleteAlias", FunctionName="fn", Name="prod")
    assert await bench.call(LIST, FunctionName="fn") == {"FunctionUrlConfigs": []}


async def test_a_second_one_is_a_conflict(bench: Bench) -> None:
    await published(bench)
    for suffix in ("fn", "fn:prod"):
        await create(bench, suffix)
        assert await refused(bench, CREATE, FunctionName=suffix, AuthType="NONE") == (
            "ResourceConflictException",
            (
                f"Failed to create function url config for [functionArn = {bench.arn(suffix)}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function"
            ),
            409,
        )


async def test_what_is_missing(bench: Bench) -> None:
    await bench.create_active()
    for name in ("nobody", "fn:stage"):
        assert await refused(bench, CREATE, FunctionName=name, AuthType="NONE") == NO_FUNCTION
        assert await refused(bench, UPDATE, FunctionName=name) == NO_FUNCTION
        for operation in (GET, DELETE):
            assert await refused(bench, operation, FunctionName=name) == GONE
    for operation in (GET, DELETE, UPDATE):
        assert await refused(bench, operation, FunctionName="fn") == GONE
    assert await refused(bench, LIST, FunctionName="nobody") == NO_FUNCTION


async def test_cors_and_the_mode_are_shown_as_they_were_given(bench: Bench) -> None:
    """Reference 01 §12: update merges, an empty Cors clears, the mode only where it was given."""
    await bench.create_active()
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["GET", "*"], "MaxAge": 0}
    created = await create(bench, Cors=cors, InvokeMode="RESPONSE_STREAM")
    assert (created["Cors"], created["InvokeMode"]) == (cors, "RESPONSE_STREAM")
    updated = await bench.call(UPDATE, FunctionName="fn", InvokeMode="BUFFERED")
    assert (updated["Cors"], updated["InvokeMode"]) == (cors, "BUFFERED")
    other = {"AllowCredentials": True, "AllowOrigins": ["https://a.example"]}
    assert (await bench.call(UPDATE, FunctionName="fn", Cors=other))["Cors"] == other
    assert "Cors" not in await bench.call(UPDATE, FunctionName="fn", Cors={})
    assert "Cors" not in await bench.call(GET, FunctionName="fn")


@pytest.mark.parametrize(
    "cors",
    [{"AllowMethods": ["TRACE"]}, {"AllowCredentials": True, "AllowOrigins": ["*"]}],
)
async def test_cors_that_may_not_be(bench: Bench, cors: dict[str, Any]) -> None:
    """Reference 01 §12; the sentences are ours."""
    await bench.create_active()
    asked = {"FunctionName": "fn", "AuthType": "NONE", "Cors": cors}
    code, text, status = await refused(bench, CREATE, **asked)
    assert (code, status) == (INVALID, 400)
    assert "Cors.Allow" in text
    assert await refused(bench, GET, FunctionName="fn") == GONE
