"""The health page: what the supervisor writes down, and what the edge knows."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_SUPERVISOR: Final = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """What the edge knows of itself."""

    version: str
    isolation: str
    """The isolation level, as `doctor` names it."""
    isolated: bool
    """Whether functions are kept from the host and from each other."""
    endpoint: str
    environments: int
    """Execution environments that hold memory, those included that wait for a function to be given to them."""
    frozen: int
    """Those of them that are idle and stand still."""
    cells: Mapping[str, int]
    """Those of them that wait for a function to be given to them, by runtime."""
    cells_lost: int
    """How many died waiting or did not come up, since the edge was started."""
    invocations: int
    """Under way, those included that wait for an environment."""
    runtimes: Sequence[str] | None = None
    """None while they are still being looked for."""


class HealthPage:
    """Makes the document, anew each time: the supervisor replaces its file whenever something changes."""

    def __init__(self, *, status_file: Path, facts: Callable[[], HealthFacts]) -> None:
        self._status_file, self._facts = status_file, facts

    def __call__(self) -> bytes:
        """JSON: status, version, processes (name to pid, without the supervisor), isolation, isolated, endpoint,
        environments, frozen, cells, cells_lost, invocations, runtimes.

        The status is `starting` as long as the supervisor has not written one that can be read.
        """
        facts = self._facts()
        reported = self._reported()
        processes = reported.pop("processes", None)
        document = {
            **reported,
            "status": str(reported.get("status", "starting")),
            "version": facts.version,
            "processes": _without_supervisor(processes),
            "isolation": facts.isolation,
            "isolated": facts.isolated,
            "endpoint": facts.endpoint,
            "environments": facts.environments,
            "frozen": facts.frozen,
            "cells": dict(facts.cells),
            "cells_lost": facts.cells_lost,
            "invocations": facts.invocations,
            "runtimes": None if facts.runtimes is None else list(facts.runtimes),
        }
        return json.dumps(document).encode()

    def _reported(self) -> dict[str, Any]:
        try:
            reported = json.loads(self._status_file.read_bytes())
        except (OSError, ValueError):
            # Not written yet, or being taken away.
            return {}
        return dict(reported) if isinstance(reported, dict) else {}


def _without_supervisor(processes: object) -> dict[str, int]:
    if not isinstance(processes, Mapping):
        return {}
    return {
        str(n): pid for n, pid in processes.items() if n != _SUPERVISOR and isinstance(pid, int)
    }
