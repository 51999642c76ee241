"""What valid inputs about event source mappings hold: sources of three kinds, each with what goes with it."""

from random import Random
from typing import Any, Final

from lambent.model.function import FunctionVersion
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import ACCOUNT, REGION, World

_AT: Final = f"{REGION}:{ACCOUNT}"
_SECRET: Final = f"arn:aws:secretsmanager:{_AT}:secret:s"
_FILTERS: Final = {"Filters": [{"Pattern": '{"body": {"a": [1, {"prefix": "b"}]}}'}]}
_ANY_KIND: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"Enabled": False},
    {"FilterCriteria": _FILTERS},
    {"FilterCriteria": {}},
    {"BatchSize": 5},
)
_STREAMS: Final[tuple[dict[str, Any], ...]] = (
    {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 10_000},
    {"ParallelizationFactor": 10, "TumblingWindowInSeconds": 900},
    {"MaximumRecordAgeInSeconds": 60, "FunctionResponseTypes": ["ReportBatchItemFailures"]},
    {"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:sqs:{_AT}:failed"}}},
)


class MappingRecipes:
    """Makes them; each mapping that is created has a source of its own."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._made, self._uuid = 0, ""

    async def made(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        """By dotted path, for the function of `latest`."""
        if not operation.endswith(("EventSourceMapping", "EventSourceMappings")):
            return {}
        self._uuid = ""
        if operation[:3] in {"Get", "Upd", "Del"}:
            kinesis = self._kinesis() | {"FunctionName": latest.key.name}
            created = await self._world.call("CreateEventSourceMapping", **kinesis)
            self._uuid = str(created["UUID"])
        return {
            "UUID": lambda: self._uuid,
            "EventSourceArn": self._one_of(LEFT_OUT, f"arn:aws:sqs:{_AT}:queue"),
        }

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """Members that go together, in the place of those that the model alone makes."""
        if operation == "CreateEventSourceMapping":
            kept = {k: v for k, v in members.items() if k in {"FunctionName", "Tags"}}
            return kept | self._random.choice((self._kinesis, self._queue, self._kafka))()
        if operation == "UpdateEventSourceMapping":
            kept = {k: v for k, v in members.items() if k in {"UUID", "FunctionName"}}
            return kept | self._random.choice((*_ANY_KIND, *_STREAMS))
        return members

    def _kinesis(self) -> dict[str, Any]:
        source = {"EventSourceArn": f"arn:aws:kinesis:{_AT}:stream/s{self._number()}"}
        position = {"StartingPosition": self._random.choice(("LATEST", "TRIM_HORIZON"))}
        return source | position | self._random.choice((*_ANY_KIND, *_STREAMS))

    def _queue(self) -> dict[str, Any]:
        source = {"EventSourceArn": f"arn:aws:sqs:{_AT}:q{self._number()}"}
        more = ({"ScalingConfig": {"MaximumConcurrency": 2}}, {"MaximumBatchingWindowInSeconds": 9})
        return source | self._random.choice((*_ANY_KIND, *more))

    def _kafka(self) -> dict[str, Any]:
        servers = {"KAFKA_BOOTSTRAP_SERVERS": [f"k{self._number()}.example:9092"]}
        return {
            "SelfManagedEventSource": {"Endpoints": servers},
            "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": _SECRET}],
            "StartingPosition": "TRIM_HORIZON",
            "Topics": ["topic"],
        } | self._random.choice(_ANY_KIND)

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)
