"""Which operations there are, and what they answer when the store can't be read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from lambent.services.logs.errors import LogsUnavailable
from lambent.services.logs.operations import LogsOperations
from lambent.state.sqlite.log_reader import SqliteLogReader
from tests.fakes.log_events import MemoryLogs
from tests.services.logs.conftest import CONTEXT, GROUP, A, B, Call


async def test_a_store_that_cannot_be_read_answers_service_unavailable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "logs.db"
    path.write_bytes(b"no database at all, and longer than a header" * 100)
    with ThreadPoolExecutor(max_workers=1) as pool:
        handlers = LogsOperations(reader=SqliteLogReader(path=path), pool=pool).handlers()
        with pytest.raises(LogsUnavailable) as refused:
            await handlers["DescribeLogGroups"](CONTEXT, {})
    assert (refused.value.code, refused.value.status) == ("ServiceUnavailableException", 500)
    assert "logs cannot be read" in caplog.text


def assert_modelled(shape: Any, value: Any) -> None:
    """Every member of `value` is one of `shape`, and of its type."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members)
        for name, inner in value.items():
            assert_modelled(shape.members[name], inner)
    elif shape.type_name == "list":
        for inner in value:
            assert_modelled(shape.member, inner)
    else:
        assert isinstance(value, {"string": str, "long": int, "integer": int}[shape.type_name])


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("DescribeLogGroups", {"limit": 1}),
        ("DescribeLogStreams", {"logGroupName": GROUP, "limit": 1}),
        ("GetLogEvents", {"logGroupName": GROUP, "logStreamName": A}),
        ("FilterLogEvents", {"logGroupName": GROUP, "limit": 1}),
    ],
)
async def test_answers_hold_what_the_model_has(
    call: Call, say: Callable[..., None], operation: str, given: dict[str, Any]
) -> None:
    for stream in (A, B):
        say(stream, (0, "x\n"))
        say(stream, (0, "x\n"), group="/other")
    answer = await call(operation, **given)
    model = botocore.session.get_session().get_service_model("logs")
    assert_modelled(model.operation_model(operation).output_shape, answer)
    assert any(isinstance(value, list) and value for value in answer.values())
    assert any("oken" in name for name in answer)


def test_every_operation_is_one_of_the_model(store: MemoryLogs) -> None:
    model = botocore.session.get_session().get_service_model("logs")
    with ThreadPoolExecutor(max_workers=1) as pool:
        names = set(LogsOperations(reader=store, pool=pool).handlers())
    assert names <= set(model.operation_names)
    for name in names:
        modelled = {shape.name for shape in model.operation_model(name).error_shapes}
        assert "InvalidParameterException" in modelled
        assert "ServiceUnavailableException" in modelled
