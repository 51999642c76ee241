"""The daemon's log says of what is stored that it has no effect yet."""

import logging

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import refused


async def test_what_is_stored_without_effect_is_warned_of_once_a_reason(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.create_active()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        await bench.call(
            "CreateFunctionUrlConfig", FunctionName="fn", AuthType="NONE", InvokeMode="BUFFERED"
        )
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("CreateFunctionUrlConfig for fn: Function URLs are not")


async def test_reading_and_what_is_refused_warn_of_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.create_active()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        await bench.call("GetFunctionRecursionConfig", FunctionName="fn")
        url = {"FunctionName": "nobody", "AuthType": "NONE"}
        await refused(bench, "CreateFunctionUrlConfig", **url)
    assert caplog.messages == []
