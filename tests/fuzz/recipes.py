"""What a valid input must hold that the model does not say: names of what exists, packages, what excludes what."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from lambent.daemon.operations import EFFECTS
from lambent.services.effects import Fate
from tests.fuzz.recipes_concurrency import ConcurrencyRecipes
from tests.fuzz.recipes_functions import FunctionRecipes
from tests.fuzz.recipes_layers import LayerRecipes
from tests.fuzz.recipes_logs import LogsRecipes
from tests.fuzz.recipes_mappings import MappingRecipes
from tests.fuzz.recipes_resources import ResourceRecipes
from tests.fuzz.recipes_versions import VersionRecipes
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import BASE, MODELS, World

_HARMLESS: Final[Mapping[str, Any]] = {
    "PackageType": "Zip",
    "S3ObjectStorageMode": "COPY",
    "ImageConfig": {},
}
"""What is refused but for these values."""
REFUSED: Final[Mapping[str, int]] = dict.fromkeys(
    ("GetFunctionScalingConfig", "PutFunctionScalingConfig"), 400
) | dict.fromkeys(
    (
        *("GetCapacityProvider", "UpdateCapacityProvider", "DeleteCapacityProvider"),
        *("ListFunctionVersionsByCapacityProvider", "GetDurableExecution"),
        "GetDurableExecutionHistory",
    ),
    404,
)
"""Operations about what there is none of: the status of the truth about it."""


class Recipes:
    """Makes what `Values` cannot know, for one request at a time."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._logs = LogsRecipes(random=random)
        self._areas = (
            FunctionRecipes(random=random, world=world),
            VersionRecipes(random=random, world=world),
            ConcurrencyRecipes(random=random, world=world),
            ResourceRecipes(random=random, world=world),
            MappingRecipes(random=random, world=world),
            LayerRecipes(random=random, world=world),
        )

    def is_built(self, service: str, operation: str) -> bool:
        """Whether valid requests for it succeed."""
        return operation in EFFECTS.get(service, {})

    async def made(self, service: str, operation: str) -> dict[str, Made]:
        """By dotted path, for a valid input of an operation; what has no effect yet is left out."""
        if not self.is_built(service, operation):
            return {}
        members = EFFECTS[service][operation].members(
            MODELS.service(service).input_paths(operation)
        )
        made: dict[str, Made] = {
            m.path: self._one_of(_HARMLESS.get(m.path, LEFT_OUT), LEFT_OUT)
            for m in members
            if m.fate is Fate.REFUSED
        }
        if service == "logs":
            return made | await self._logs.made(operation)
        return made | await self._lambda(operation)

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` without what excludes something else, and with what one of must be there."""
        for area in (self._logs, *self._areas):
            members = area.tidied(operation, members)
        return members

    async def _lambda(self, operation: str) -> dict[str, Made]:
        """Of one function that is always there."""
        latest = await self._world.function(self._random.choice(BASE))
        assert latest is not None
        made: dict[str, Made] = {}
        for area in self._areas:
            made |= await area.made(operation, latest)
        return made

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)
