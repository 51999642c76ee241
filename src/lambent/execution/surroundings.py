"""What every execution environment of an edge shares."""

from dataclasses import dataclass, field
from pathlib import Path

from lambent.execution.chores import Chores
from lambent.execution.port import CaptureFactory, ChannelFactory, Serve, VariablesBuilder
from lambent.kit.backoff import Backoff
from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.kit.wheel import TimerWheel
from lambent.model.function import FunctionVersion
from lambent.model.limits import INIT_TIMEOUT_SECONDS, PROVISIONED_INIT_TIMEOUT_SECONDS
from lambent.sandbox.port import Sandboxes
from lambent.telemetry.streams import StreamNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Collaborators and limits."""

    sandboxes: Sandboxes
    channels: ChannelFactory
    captures: CaptureFactory
    variables: VariablesBuilder
    serve: Serve
    streams: StreamNames
    trees_dir: Path
    """Holds the unpacked packages by sha256."""
    clock: Clock
    ids: Ids
    wheel: TimerWheel
    chores: Chores
    provisioned: bool = False
    """The environments are those of provisioned concurrency: their init is no part of an invocation."""
    init_timeout_seconds: float = INIT_TIMEOUT_SECONDS
    boot_timeout_seconds: float = 10.0
    last_words_seconds: float = 0.2
    """Once a runtime is dying: how long its exit and the end of its channel may lie apart."""
    kill_patience_seconds: float = 1.0
    """How long an outcome waits for a killed environment to be gone."""
    kill_backoff: Backoff = field(
        default_factory=lambda: Backoff(first_seconds=0.05, longest_seconds=2.0)
    )
    """Between attempts to kill while the spawner does not answer."""

    def init_seconds(self, function: FunctionVersion) -> float:
        """How long the init of `function` may take; of a provisioned one as long as an invocation, and at least 130 s."""
        if not self.provisioned:
            return self.init_timeout_seconds
        return max(PROVISIONED_INIT_TIMEOUT_SECONDS, float(function.timeout_seconds))
