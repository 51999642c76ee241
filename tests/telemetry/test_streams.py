"""The names of log streams."""

from lambent.kit.ids import RandomIds
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.telemetry.streams import StreamNames
from tests.fakes.clock import ManualClock


def function(log_group: str, version: str = "$LATEST") -> FunctionVersion:
    return FunctionVersion(
        key=FunctionKey(
            account_id="000000000000", region="cn-north-1", name="hello", version=version
        ),
        revision_id="r",
        runtime="python3.11",
        handler="app.handler",
        role="arn:aws:iam::000000000000:role/r",
        architecture="x86_64",
        package_sha256="0" * 64,
        code_size=1,
        last_modified_ms=0,
        log_group=log_group,
    )


def names() -> StreamNames:
    clock = ManualClock(epoch_ms=1_764_115_199_999)  # 2025-11-25T23:59:59.999Z
    return StreamNames(clock=clock, ids=RandomIds(randomness=lambda n: b"\xab" * n))


def test_a_stream_is_named_by_day_version_and_32_digits() -> None:
    key = names().fresh(function("/aws/lambda/hello"))
    assert key.stream == "2025/11/25/[$LATEST]" + "ab" * 16
    assert key[:3] == ("000000000000", "cn-north-1", "/aws/lambda/hello")


def test_in_a_shared_group_the_stream_names_the_function() -> None:
    key = names().fresh(function("/shared", version="7"))
    assert key.stream == "2025/11/25/hello[7]" + "ab" * 16
    assert key.group == "/shared"
