"""Provisioned concurrency on the rig."""

from dataclasses import dataclass, field, replace

from lambent.model.concurrency import ProvisionedStanding
from lambent.model.function import FunctionVersion
from lambent.model.traffic import Route, Traffic
from tests.execution.rig import Rig
from tests.fakes.environments import FakeCapture, FakeChannel, active_function


def published(number: str = "1", *, timeout_seconds: int = 3) -> FunctionVersion:
    """A version that can be invoked."""
    latest = active_function(timeout_seconds=timeout_seconds)
    return replace(latest, key=latest.key._replace(version=number), revision_id=f"v{number}")


@dataclass(kw_only=True)
class Kept:
    """A rig with a function whose alias `live` has environments kept ready."""

    rig: Rig
    function: FunctionVersion = field(default_factory=published)
    reserved: int | None = None

    def __post_init__(self) -> None:
        self.rig.functions.put(self.function)

    def keep(self, executions: int) -> None:
        """Configure so many; 0 for none."""
        self.guide({"live": executions} if executions else {})

    def guide(self, provisioned: dict[str, int], *, version: str = "1") -> None:
        """Tell what control says."""
        traffic = Traffic(
            key=self.function.key.latest,
            aliases={"live": Route(version=version)},
            reserved=self.reserved,
            provisioned=provisioned,
        )
        self.rig.admission.guide(traffic)
        self.rig.provisioning.guide(traffic)

    def standing(self) -> tuple[int, int, int, str]:
        """Requested, allocated, available, failure."""
        told: list[ProvisionedStanding] = []
        self.rig.provisioning.watch(told.append)
        (one,) = told
        assert (one.key, one.qualifier) == (self.function.key.latest, "live")
        return one.requested, one.allocated, one.available, one.failure

    async def initialise(self) -> None:
        """Let whatever starts come up, until nothing starts any more."""
        await self.rig.turn()
        while waiting := [c for c in self.rig.channels if not c.closed and not self._is_up(c)]:
            for channel in waiting:
                await self.rig.initialise(channel)
                self._up.append(channel)

    def _is_up(self, channel: FakeChannel) -> bool:
        return channel in self._up

    _up: list[FakeChannel] = field(default_factory=list)

    async def ready(self, executions: int) -> list[FakeChannel]:
        """So many that are available."""
        self.keep(executions)
        await self.initialise()
        assert self.standing() == (executions, executions, executions, "")
        return self.open_channels()

    def open_channels(self) -> list[FakeChannel]:
        """Of the environments there are, oldest first."""
        return [c for c in self.rig.channels if not c.closed]

    def capture_of(self, channel: FakeChannel) -> FakeCapture:
        """What it logs."""
        stream = channel.starts[0].environ["STREAM"]
        (capture,) = [c for c in self.rig.captures if c.key.stream == stream]
        return capture
