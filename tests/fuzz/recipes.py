"""What a valid input must hold that the model does not say: names of what exists, packages, what excludes what."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from lambent.daemon.operations import EFFECTS
from lambent.services.effects import Fate
from tests.catalog.zips import python_zip
from tests.fuzz.function_settings import settings, source, with_more
from tests.fuzz.patterns import text_of
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import ACCOUNT, BASE, GROUP, MODELS, REGION, STREAMS, World

ARN: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
_ZIPS: Final = tuple(python_zip(f"def handler(event, context): return {n}") for n in range(4))
_TAG_KEYS: Final = ("a", "team name", "Größe", "k" * 128, "x.y:/=+-@")
_PATTERNS: Final = ("", "ERROR", '"line 1"', "?ERROR ?line", "-nothing", "%l.ne%", '{ $.a = "b" }')
_HARMLESS: Final[Mapping[str, Any]] = {
    "PackageType": "Zip",
    "S3ObjectStorageMode": "COPY",
    "Layers": [],
    "ImageConfig": {},
}
"""What is refused but for these values."""
_EXCLUSIVE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "DescribeLogGroups": (("logGroupNamePattern", "logGroupNamePrefix"),),
    "DescribeLogStreams": (("logGroupName", "logGroupIdentifier"),),
    "GetLogEvents": (("logGroupName", "logGroupIdentifier"),),
    "FilterLogEvents": (
        ("logGroupName", "logGroupIdentifier"),
        ("logStreamNames", "logStreamNamePrefix"),
    ),
}
"""Of each pair the second goes when both are there."""


class Recipes:
    """Makes what `Values` cannot know, for one request at a time."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._made = 0

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
            return made | self._logs()
        return made | await self._lambda(operation)

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` without what excludes something else, and with what one of must be there."""
        for stays, goes in _EXCLUSIVE.get(operation, ()):
            if stays in members:
                members.pop(goes, None)
        if (
            operation in _EXCLUSIVE
            and operation != "DescribeLogGroups"
            and "logGroupIdentifier" not in members
        ):
            members["logGroupName"] = GROUP
        if operation == "CreateFunction":
            members = {"Runtime": "python3.13", "Handler": "app.handler"} | members
            members["Code"] = source(_ZIPS, self._random)
            members = with_more(members, self._random)
        if operation == "UpdateFunctionCode":
            kept = {k: v for k, v in members.items() if k != "ZipFile" and not k.startswith("S3")}
            members = kept | source(_ZIPS, self._random)
        if operation == "ListFunctions" and "MasterRegion" in members:
            members["FunctionVersion"] = "ALL"
        if operation == "DescribeLogStreams" and members.get("orderBy") == "LastEventTime":
            members.pop("logStreamNamePrefix", None)
        return members

    def _nothing(self) -> Any:
        return LEFT_OUT

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)

    async def _lambda(self, operation: str) -> dict[str, Made]:
        name = self._random.choice(BASE)
        version = await self._world.function(name)
        assert version is not None
        made: dict[str, Made] = settings(self._random) | {
            "FunctionName": self._one_of(name, f"{ACCOUNT}:function:{name}", ARN + name),
            "Resource": self._one_of(ARN + name),
            "Qualifier": self._one_of("$LATEST"),
            "Code.ZipFile": self._one_of(*_ZIPS),
            "ZipFile": self._one_of(*_ZIPS),
            "Runtime": self._one_of("python3.13"),
            "Architectures": self._one_of(["x86_64"]),
            "Environment": self._environment,
            "Tags": self._tags,
            "TagKeys": lambda: self._random.sample(_TAG_KEYS, 2),
            "RevisionId": self._one_of(version.revision_id),
            "EphemeralStorage.Size": lambda: self._random.randint(512, 10_240),
            "MemorySize": lambda: self._random.randint(128, 10_240),
            "Marker": self._nothing,
            "InvocationType": self._one_of("RequestResponse", "DryRun"),
            "ClientContext": self._one_of("e30="),
            "Payload": self._one_of(b"", b"{}", b'"text"', b"[1, 2]", b"17", b"null"),
        }
        if operation == "CreateFunction":
            made |= {
                "FunctionName": self._new_name,
                "Runtime": self._one_of("python3.13", "nodejs22.x"),
                "Architectures": self._one_of(["x86_64"], ["arm64"]),
                "Handler": self._one_of("app.handler", "é.h", "x" * 128),
            }
        if operation == "DeleteFunction":
            made["Qualifier"] = self._one_of("7", "123456")
        return made

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

    def _logs(self) -> dict[str, Made]:
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
        return {
            "logGroupName": self._one_of(GROUP),
            "logGroupIdentifier": self._one_of(GROUP, arn),
            "logGroupIdentifiers": self._one_of([GROUP], [arn, GROUP]),
            "logGroupNamePrefix": self._one_of("/aws", "zzz"),
            "logGroupNamePattern": self._one_of("lambda", "zzz"),
            "logStreamName": self._one_of(*STREAMS),
            "logStreamNames": self._one_of([STREAMS[0]], list(STREAMS)),
            "logStreamNamePrefix": self._one_of("2024", "zzz"),
            "startTime": lambda: self._random.randint(0, 1_714_566_896_795),
            "endTime": lambda: self._random.randint(1_714_566_896_795, 9_000_000_000_000),
            "filterPattern": self._one_of(*_PATTERNS),
            "nextToken": self._nothing,
            "startFromHead": self._one_of(True),
        }
