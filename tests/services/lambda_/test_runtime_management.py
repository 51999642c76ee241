"""GetRuntimeManagementConfig and PutRuntimeManagementConfig (reference 01 §15; AWS documentation: API_GetRuntimeManagementConfig)."""

from typing import Any

import pytest

from tests.services.lambda_.bench import RUNTIME_DIGEST, Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused
from tests.services.lambda_.test_policies import published

GET, PUT = "GetRuntimeManagementConfig", "PutRuntimeManagementConfig"


def runtime(bench: Bench, digest: str = RUNTIME_DIGEST) -> str:
    return bench.arn("").replace(":123456789012:function:", f"::runtime:{digest}")


@pytest.mark.parametrize("suffix", ["fn", "fn:$LATEST", "fn:1"])
async def test_it_is_auto_until_something_else_is_put(bench: Bench, suffix: str) -> None:
    await published(bench)
    ordinary = {"UpdateRuntimeOn": "Auto", "FunctionArn": bench.arn(suffix)}
    assert await bench.call(GET, FunctionName=suffix) == ordinary
    put = ordinary | {"UpdateRuntimeOn": "FunctionUpdate"}
    asked = {"FunctionName": suffix, "UpdateRuntimeOn": "FunctionUpdate"}
    assert await bench.call(PUT, **asked) == put
    assert await bench.call(GET, FunctionName=suffix) == put


async def test_each_version_has_its_own(bench: Bench) -> None:
    await published(bench)
    await bench.call(PUT, FunctionName="fn:1", UpdateRuntimeOn="FunctionUpdate")
    assert (await bench.call(GET, FunctionName="fn"))["UpdateRuntimeOn"] == "Auto"
    await bench.call(PUT, FunctionName="fn", UpdateRuntimeOn="FunctionUpdate")
    named = await bench.call(GET, FunctionName="fn", Qualifier="$LATEST")
    assert named["UpdateRuntimeOn"] == "FunctionUpdate"


async def test_manual_names_the_version_of_the_host_s_runtime(bench: Bench) -> None:
    """AWS documentation: with Manual the ARN is shown, else none."""
    await bench.create_active()
    asked = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": runtime(bench)}
    shown = asked | {"FunctionArn": bench.arn()}
    assert await bench.call(PUT, FunctionName="fn", **asked) == shown
    assert await bench.call(GET, FunctionName="fn") == shown
    await bench.call(PUT, FunctionName="fn", UpdateRuntimeOn="Auto")
    assert "RuntimeVersionArn" not in await bench.call(GET, FunctionName="fn")


@pytest.mark.parametrize(
    ("update_on", "digest"),
    [("Manual", ""), ("Manual", "a" * 64), ("Auto", RUNTIME_DIGEST)],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    bench: Bench, update_on: str, digest: str
) -> None:
    """Clear sentences of ours: no source has AWS's."""
    await bench.create_active()
    asked: dict[str, Any] = {"FunctionName": "fn", "UpdateRuntimeOn": update_on}
    if digest:
        asked["RuntimeVersionArn"] = runtime(bench, digest)
    code, text, status = await refused(bench, PUT, **asked)
    assert (code, status) == (INVALID, 400)
    assert "RuntimeVersionArn" in text or runtime(bench) in text
    assert (await bench.call(GET, FunctionName="fn"))["UpdateRuntimeOn"] == "Auto"


async def test_manual_is_refused_where_the_host_lacks_the_runtime(bench: Bench) -> None:
    await bench.create_active(Runtime="nodejs22.x")
    asked = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": runtime(bench)}
    code, text, _ = await refused(bench, PUT, FunctionName="fn", **asked)
    assert code == INVALID
    assert text.endswith("which of nodejs22.x has: none.")


async def test_aliases_have_none(bench: Bench) -> None:
    """Seen by users."""
    await published(bench)
    expected = (
        INVALID,
        f"The provided function name {bench.arn('fn:prod')} is invalid. Aliases are not allowed.",
        400,
    )
    assert await refused(bench, GET, FunctionName="fn:prod") == expected
    assert await refused(bench, PUT, FunctionName="fn:prod", UpdateRuntimeOn="Auto") == expected


async def test_what_is_missing(bench: Bench) -> None:
    """Reference 01 §8."""
    await bench.create_active()
    for suffix in ("nobody", "fn:7"):
        expected = NOT_FOUND, f"Function not found: {bench.arn(suffix)}", 404
        assert await refused(bench, GET, FunctionName=suffix) == expected
        assert await refused(bench, PUT, FunctionName=suffix, UpdateRuntimeOn="Auto") == expected
