"""What valid inputs about functions, and Invoke, hold."""

from random import Random
from typing import Any, Final

from lambent.model.function import LATEST, FunctionVersion
from tests.catalog.zips import python_zip
from tests.fuzz.patterns import text_of
from tests.fuzz.recipes_settings import settings, source, with_more
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import ACCOUNT, ALIAS, REGION, World

ARN: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
_ZIPS: Final = tuple(python_zip(f"def handler(event, context): return {n}") for n in range(4))
_TAG_KEYS: Final = ("a", "team name", "Größe", "k" * 128, "x.y:/=+-@")
_OF_A_VERSION: Final = frozenset({"GetFunction", "GetFunctionConfiguration", "Invoke"})


class FunctionRecipes:
    """Makes them of the functions of the world."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._made = 0

    async def made(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        """By dotted path, for the function of `latest`."""
        name = latest.key.name
        made: dict[str, Made] = {
            "FunctionName": self._one_of(name, f"{ACCOUNT}:function:{name}", ARN + name),
            "Resource": self._one_of(ARN + name),
            "Qualifier": self._one_of(LATEST),
            "Runtime": self._one_of("python3.13"),
            "Architectures": self._one_of(["x86_64"]),
            "Environment": self._environment,
            "Tags": self._tags,
            "TagKeys": lambda: self._random.sample(_TAG_KEYS, 2),
            "RevisionId": self._one_of(latest.revision_id),
            "EphemeralStorage.Size": lambda: self._random.randint(512, 10_240),
            "MemorySize": lambda: self._random.randint(128, 10_240),
            "Marker": self._one_of(LEFT_OUT),
            "CodeSigningConfigArn": self._one_of(LEFT_OUT),
            "InvocationType": self._one_of("RequestResponse", "DryRun"),
            "ClientContext": self._one_of("e30="),
            "Payload": self._one_of(b"", b"{}", b'"text"', b"[1, 2]", b"17", b"null"),
        }
        if operation.endswith("EventSourceMapping"):  # whose members of these names are others
            made = {path: how for path, how in made.items() if path in {"FunctionName", "Tags"}}
        if operation in _OF_A_VERSION and self._random.random() < 0.3:
            made |= await self._qualified(name)
        if operation in {"CreateFunction", "UpdateFunctionConfiguration"}:
            made |= settings(self._random)
        if operation == "CreateFunction":
            made |= {
                "FunctionName": self._new_name,
                "CodeSigningConfigArn": self._one_of(LEFT_OUT),
                "Runtime": self._one_of("python3.13", "nodejs22.x"),
                "Architectures": self._one_of(["x86_64"], ["arm64"]),
                "Handler": self._one_of("app.handler", "é.h", "x" * 128),
            }
        if operation == "DeleteFunction":
            made["Qualifier"] = self._one_of("4711", "123456")
        return made

    async def _qualified(self, name: str) -> dict[str, Made]:
        """A version or an alias, said in the name, in `Qualifier`, or in both."""
        first, second = await self._world.versions(name)
        await self._world.alias(name)
        qualifier = self._random.choice((first, second, ALIAS))
        said = self._one_of(f"{name}:{qualifier}", f"{ARN}{name}:{qualifier}")
        return {"FunctionName": said, "Qualifier": self._one_of(qualifier, LEFT_OUT)}

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` without what excludes something else, and with what one of must be there."""
        if operation == "CreateFunction":
            members = {"Runtime": "python3.13", "Handler": "app.handler"} | members
            members["Code"] = source(_ZIPS, self._random)
            members = with_more(members, self._random)
        if operation == "UpdateFunctionCode":
            kept = {k: v for k, v in members.items() if k != "ZipFile" and not k.startswith("S3")}
            members = kept | source(_ZIPS, self._random)
        if operation == "ListFunctions" and "MasterRegion" in members:
            members["FunctionVersion"] = "ALL"
        return members

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)

    def _new_name(self) -> str:
        self._made += 1
        rest = text_of("[a-zA-Z0-9-_]+", self._random, longest=40)
        name = f"f{self._made}-{rest}"
        return self._random.choice([name, ARN + name])

    def _environment(self) -> dict[str, Any]:
        names = {text_of("[a-zA-Z]([a-zA-Z0-9_])+", self._random) for _ in range(3)}
        texts = ("", "value", "Größe 🎈", "x" * 1_000)
        return {"Variables": {name: self._random.choice(texts) for name in names}}

    def _tags(self) -> dict[str, str]:
        keys = self._random.sample(_TAG_KEYS, self._random.randint(1, len(_TAG_KEYS)))
        return {key: self._random.choice(("", "v", "ß ü", "v" * 256)) for key in keys}
