"""Lambda's operations on fakes, called as the gateway calls them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lambent.identity.code_links import CodeLinks
from lambent.identity.keys import MasterKey
from lambent.model.function import LATEST, FunctionVersion, State, UpdateStatus
from lambent.model.request import Caller, RequestContext
from lambent.services.lambda_.handlers import Handler
from lambent.services.lambda_.operations import LambdaOperations
from lambent.state.stores import Stores
from tests.catalog.zips import python_zip
from tests.fakes.catalog import Bucket, InMemoryPackages, Published, Started, Told
from tests.fakes.clock import ManualClock
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.ids import CountedIds
from tests.fakes.layers import InMemoryLayers
from tests.fakes.state import InMemoryState
from tests.fakes.versions import ACCOUNT, key

ZIP = python_zip()
REGIONS = {"us-east-1": "aws", "cn-north-1": "aws-cn"}


RUNTIME_DIGEST = "5" * 64


class Runtimes:
    """A few runtimes, of which the host has one and AWS offers two."""

    def __init__(self, *, enforced: bool = False) -> None:
        self._enforced = enforced

    async def version_digest(self, identifier: str) -> str:
        """Only one Python is there."""
        return RUNTIME_DIGEST if identifier == "python3.13" else ""

    def supported(self) -> list[str]:
        """What AWS offers."""
        return ["python3.13", "nodejs22.x"]

    def is_known(self, identifier: str) -> bool:
        """What it has or had."""
        return identifier in {*self.supported(), "go1.x", "python3.8", "java21"}

    def is_retired(self, identifier: str, *, for_new: bool) -> bool:
        """go1.x is gone for good, python3.8 may still be updated."""
        return self._enforced and (identifier == "go1.x" or (for_new and identifier == "python3.8"))

    def successor(self, identifier: str) -> str:
        """For both the same."""
        del identifier
        return "python3.13"

    def deprecation(self, identifier: str) -> str:
        """Both are deprecated."""
        return f"{identifier} is old." if identifier in {"go1.x", "python3.8"} else ""

    def is_reserved(self, variable: str) -> bool:
        """Two of the platform's own."""
        return variable in {"AWS_REGION", "_HANDLER"}


def context(region: str = "us-east-1", account_id: str = ACCOUNT) -> RequestContext:
    """A request to `region` by the root user of `account_id`."""
    caller = Caller(
        account_id=account_id,
        region=region,
        arn=f"arn:{REGIONS[region]}:iam::{account_id}:root",
        user_id=account_id,
    )
    return RequestContext(request_id="request", caller=caller, host="localhost:4566")


@dataclass(slots=True, kw_only=True)
class Bench:
    """The operations and what they work on; `region` is where calls go."""

    region: str = "us-east-1"
    functions: InMemoryFunctions = field(default_factory=InMemoryFunctions)
    layers: InMemoryLayers = field(default_factory=InMemoryLayers)
    packages: InMemoryPackages = field(default_factory=InMemoryPackages)
    bucket: Bucket = field(default_factory=Bucket)
    enforced: bool = False
    """What AWS takes no more is refused."""
    published: Published = field(default_factory=Published)
    started: Started = field(default_factory=Started)
    told: Told = field(default_factory=Told)
    clock: ManualClock = field(default_factory=ManualClock)
    ids: CountedIds = field(default_factory=CountedIds)
    concurrent_executions: int = 1_000
    _state: InMemoryState | None = None

    @property
    def stores(self) -> Stores:
        """What the operations keep."""
        if self._state is None or self._state.functions is not self.functions:
            self._state = InMemoryState(functions=self.functions, layers=self.layers)
        return self._state.stores

    def handlers(self) -> Mapping[str, Handler]:
        """The operations that are built."""
        return LambdaOperations(
            stores=self.stores,
            packages=self.packages,
            links=CodeLinks(master=MasterKey(secret=bytes(32)), clock=self.clock),
            publisher=self.published,
            standings=self.told,
            activation=self.started,
            source=self.bucket,
            runtimes=Runtimes(enforced=self.enforced),
            host_architecture="x86_64",
            clock=self.clock,
            ids=self.ids,
            concurrent_executions=self.concurrent_executions,
        ).handlers()

    async def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """What an operation answers."""
        return await self.call_of(self.handlers(), operation, **members)

    async def call_of(
        self, handlers: Mapping[str, Handler], operation: str, **members: Any
    ) -> dict[str, Any]:
        """As `call`, of handlers that are used for several calls."""
        return await handlers[operation](context(self.region), members)

    async def call_as(self, account_id: str, operation: str, **members: Any) -> dict[str, Any]:
        """What another account's root user is answered."""
        return await self.handlers()[operation](context(self.region, account_id), members)

    async def publish(self, name: str = "tools", **members: Any) -> dict[str, Any]:
        """PublishLayerVersion with what it needs, and `members`."""
        needed: dict[str, Any] = {"LayerName": name, "Content": {"ZipFile": ZIP}}
        return await self.call("PublishLayerVersion", **(needed | members))

    def layer_arn(self, suffix: str = "tools", account_id: str = ACCOUNT) -> str:
        """The ARN of a layer, or with `name:1` of a version, in the region of this bench."""
        partition = REGIONS[self.region]
        return f"arn:{partition}:lambda:{self.region}:{account_id}:layer:{suffix}"

    async def create(self, name: str = "fn", **members: Any) -> dict[str, Any]:
        """CreateFunction with what it needs, and `members`."""
        needed: dict[str, Any] = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Role": f"arn:{REGIONS[self.region]}:iam::{ACCOUNT}:role/r",
            "Handler": "app.handler",
            "Code": {"ZipFile": ZIP},
        }
        return await self.call("CreateFunction", **(needed | members))

    async def settle(self, name: str = "fn", number: str = LATEST) -> FunctionVersion:
        """Let what was started become active, as the catalogue does."""
        stored = await self.functions.get(key(name, region=self.region)._replace(version=number))
        assert stored is not None
        version = replace(
            stored.configured,
            revision_id=self.ids.uuid(),
            state=State.ACTIVE,
            state_reason="",
            state_reason_code="",
            update_status=UpdateStatus.SUCCESSFUL,
            update_reason="",
            update_reason_code="",
        )
        assert await self.functions.activate(version, if_revision=stored.configured.revision_id)
        return version

    async def settle_all(self) -> None:
        """Let all that was started and is there still become active."""
        started, self.started.keys[:] = list(dict.fromkeys(self.started.keys)), []
        for started_key in started:
            stored = await self.functions.get(started_key)
            if stored is not None and stored.active != stored.configured:
                await self.settle(started_key.name, started_key.version)

    async def create_active(self, name: str = "fn", **members: Any) -> FunctionVersion:
        """A function that runs."""
        await self.create(name, **members)
        return await self.settle(name)

    def arn(self, suffix: str = "fn", account_id: str = ACCOUNT) -> str:
        """A function's ARN in the region of this bench."""
        partition = REGIONS[self.region]
        return f"arn:{partition}:lambda:{self.region}:{account_id}:function:{suffix}"
