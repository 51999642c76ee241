"""How answers look in their small print."""

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from lambent.services.lambda_ import shape
from tests.fakes.versions import version
from tests.services.lambda_.bench import Runtimes

CONFIGURATIONS = shape.Configurations(runtimes=Runtimes())


@pytest.mark.parametrize(
    ("epoch_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000+0000"),
        (1_714_566_896_007, "2024-05-01T12:34:56.007+0000"),
        (1_714_566_896_999, "2024-05-01T12:34:56.999+0000"),
    ],
)
def test_last_modified_has_milliseconds_and_a_bare_offset(epoch_ms: int, text: str) -> None:
    assert shape.last_modified(epoch_ms) == text


async def test_every_member_is_one_of_the_models() -> None:
    model = ServiceModel(Loader().load_service_model("lambda", "service-2"))
    known = model.shape_for("FunctionConfiguration").members
    assert set(await CONFIGURATIONS.show(version(), arn="arn")) <= set(known)


async def test_a_runtime_that_this_host_lacks_has_no_version() -> None:
    lacking = await CONFIGURATIONS.show(version(runtime="nodejs22.x"), arn="arn")
    assert "RuntimeVersionConfig" not in lacking
    assert "RuntimeVersionConfig" in await CONFIGURATIONS.show(version(), arn="arn")
