"""What valid inputs about layers hold."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from lambent.model.function import FunctionVersion
from lambent.model.layer import LayerVersion
from tests.catalog.zips import python_zip
from tests.fuzz.patterns import text_of
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import BUCKET, KEY, World

_ZIPS: Final = tuple(python_zip(f"number = {n}") for n in range(3))
_RUNTIMES: Final = ("python3.13", "nodejs22.x", "go1.x")


class LayerRecipes:
    """Makes them from what there is of `LAYER`."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._made = 0

    async def made(self, operation: str, _latest: FunctionVersion) -> dict[str, Made]:
        """By dotted path; for functions' operations the layers that they may have."""
        if "Layer" not in operation and not operation.endswith(
            ("Function", "FunctionConfiguration")
        ):
            return {}
        version = await self._world.layer()
        layer = version.key.layer
        made: dict[str, Made] = {
            "LayerName": self._one_of(layer.name, layer.arn),
            "VersionNumber": self._one_of(version.key.version),
            "Arn": self._one_of(version.key.arn),
            "Layers": self._one_of([], [version.key.arn]),
            "Content.ZipFile": self._one_of(*_ZIPS),
            "CompatibleRuntimes": lambda: self._random.sample(_RUNTIMES, 2),
            "CompatibleRuntime": self._one_of(*_RUNTIMES),
            "Principal": self._one_of("*", "210987654321"),
        }
        if operation == "PublishLayerVersion":
            made["LayerName"] = self._one_of(layer.name, self._new_name())
        if operation == "DeleteLayerVersion":
            made["VersionNumber"] = self._one_of(4_711)
        if operation == "AddLayerVersionPermission":
            made["StatementId"] = self._one_of(self._new_name())
        if operation == "RemoveLayerVersionPermission":
            made["StatementId"] = self._one_of(version.policy[-1].statement_id)
        return made | self._revision(operation, version)

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` with one source of the layer's content."""
        if operation == "PublishLayerVersion":
            in_s3 = {"S3Bucket": BUCKET, "S3Key": KEY}
            members["Content"] = self._random.choice(({"ZipFile": _ZIPS[0]}, in_s3))
        return members

    def _revision(self, operation: str, version: LayerVersion) -> dict[str, Made]:
        if not operation.endswith("LayerVersionPermission"):
            return {}
        return {"RevisionId": self._one_of(version.revision_id, LEFT_OUT)}

    def _new_name(self) -> str:
        self._made += 1
        return f"l{self._made}-{text_of('[a-zA-Z0-9-_]+', self._random, longest=40)}"

    def _one_of(self, *values: Any) -> Callable[[], Any]:
        return lambda: self._random.choice(values)
