"""What valid inputs about versions and aliases hold."""

from random import Random
from typing import Any

from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_.shape import code_sha256
from tests.fuzz.patterns import text_of
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import ALIAS, World


class VersionRecipes:
    """Makes them of what a function of the world has."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._made = 0
        self._first = ""

    async def made(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        """By dotted path, for the function of `latest`."""
        if operation == "PublishVersion":
            return {"CodeSha256": self._one_of(code_sha256(latest))}
        if not operation.endswith(("Alias", "Aliases")):
            return {}
        first, second = await self._world.versions(latest.key.name)
        alias = await self._world.alias(latest.key.name)
        self._first = first
        weights = {"AdditionalVersionWeights": {second: self._random.choice((0.0, 0.25, 1.0))}}
        made: dict[str, Made] = {
            "Name": self._one_of(ALIAS),
            "FunctionVersion": self._one_of(first),
            "RoutingConfig": self._one_of({}, {"AdditionalVersionWeights": {}}, weights),
            "RevisionId": self._one_of(alias.revision_id, LEFT_OUT),
        }
        if operation in {"CreateAlias", "DeleteAlias"}:
            made["Name"] = self._new_name
        if operation == "ListAliases":
            made["FunctionVersion"] = self._one_of(first, LATEST, "4711")
        return made

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` with a version that the weights' agrees with."""
        if operation == "CreateAlias" and "RoutingConfig" not in members:
            members["FunctionVersion"] = self._random.choice((members["FunctionVersion"], LATEST))
        if operation == "UpdateAlias" and "RoutingConfig" in members:
            members["FunctionVersion"] = self._first
        return members

    def _new_name(self) -> str:
        self._made += 1
        return f"a{self._made}-{text_of('[a-zA-Z0-9-_]+', self._random, longest=40)}"

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)
