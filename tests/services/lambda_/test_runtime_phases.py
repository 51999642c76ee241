"""Runtimes that AWS takes no more: told of, or refused as AWS does (reference 01 §5, 03 §11)."""

import logging
from collections.abc import Callable

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, create_refused, refused

UPDATE = "UpdateFunctionConfiguration"
RETIRED = (
    "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
    "We recommend you use the new runtime (python3.13) while creating or updating functions."
)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, logger="lambent.services.lambda_.rules")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("runtime", ["go1.x", "python3.8"])
async def test_a_deprecated_runtime_is_taken_with_a_word_in_the_log(
    bench: Bench, told: Callable[[], list[str]], runtime: str
) -> None:
    await bench.create_active(Runtime=runtime)
    await bench.call(UPDATE, FunctionName="fn", Timeout=4)
    assert told() == [f"{bench.arn('fn:$LATEST')}: {runtime} is old."] * 2


async def test_enforced_what_may_not_be_created_is_refused(bench: Bench) -> None:
    bench.enforced = True
    for runtime in ("go1.x", "python3.8"):
        text = RETIRED.format(runtime=runtime)
        assert await create_refused(bench, Runtime=runtime) == (INVALID, text, 400)


async def test_enforced_what_may_still_be_updated_is(bench: Bench) -> None:
    await bench.create_active(Runtime="python3.8")
    bench.enforced = True
    assert (await bench.call(UPDATE, FunctionName="fn", Timeout=4))["Timeout"] == 4


async def test_enforced_an_update_may_only_lead_away_from_what_may_not_be_updated(
    bench: Bench,
) -> None:
    await bench.create_active(Runtime="go1.x")
    bench.enforced = True
    text = RETIRED.format(runtime="go1.x")
    assert await refused(bench, UPDATE, FunctionName="fn", Timeout=4) == (INVALID, text, 400)
    code = await refused(bench, "UpdateFunctionCode", FunctionName="fn", ZipFile=b"zip")
    assert code == (INVALID, text, 400)
    answer = await bench.call(UPDATE, FunctionName="fn", Runtime="python3.13")
    assert answer["Runtime"] == "python3.13"


async def test_what_has_no_effect_is_stored_with_a_word_in_the_log(
    bench: Bench, told: Callable[[], list[str]]
) -> None:
    await bench.create_active(TracingConfig={"Mode": "Active"}, Description="effective")
    created = [
        f"{bench.arn('fn:$LATEST')}: TracingConfig.Mode has no effect here. No traces are recorded yet."
    ]
    assert told() == created
    await bench.call(UPDATE, FunctionName="fn", Timeout=4)
    assert told() == created


async def test_a_refused_deployment_leaves_no_word(
    bench: Bench, told: Callable[[], list[str]]
) -> None:
    await create_refused(bench, TracingConfig={"Mode": "Active"}, Code={"ZipFile": b"junk"})
    assert told() == []
