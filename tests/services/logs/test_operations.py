"""Which operations there are, and what they answer when the store can't be read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import botocore.session
import pytest

from lambent.services.logs.errors import LogsUnavailable
from lambent.services.logs.operations import LogsOperations
from lambent.state.sqlite.log_reader import SqliteLogReader
from tests.fakes.log_events import MemoryLogs
from tests.services.logs.conftest import CONTEXT


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


def test_every_operation_is_one_of_the_model(store: MemoryLogs) -> None:
    model = botocore.session.get_session().get_service_model("logs")
    with ThreadPoolExecutor(max_workers=1) as pool:
        names = set(LogsOperations(reader=store, pool=pool).handlers())
    assert names <= set(model.operation_names)
    for name in names:
        modelled = {shape.name for shape in model.operation_model(name).error_shapes}
        assert "InvalidParameterException" in modelled
        assert "ServiceUnavailableException" in modelled
