"""The page /_lambent/operations: which operations AWS has and which of them are built here.

Made from the wire's models and the services' own tables of handlers, so that it can't drift from either.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lambent.daemon.golden_pairs import GOLDEN_PAIRS
from lambent.services.effects import Effects, Member
from lambent.services.lambda_.effects import EFFECTS as LAMBDA_EFFECTS
from lambent.services.logs.effects import EFFECTS as LOGS_EFFECTS
from lambent.wire.models import Models

EFFECTS: Final[Mapping[str, Mapping[str, Effects]]] = {
    "lambda": LAMBDA_EFFECTS,
    "logs": LOGS_EFFECTS,
    "sts": {"GetCallerIdentity": Effects()},
}
"""Of every operation that is built, by service."""

Inputs = Mapping[str, Mapping[str, Sequence[Member]]]
"""Service -> operation -> what becomes of its input's members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOperations:
    """One service: what its model names, and what has a handler."""

    modelled: Collection[str]
    built: Collection[str]


def inputs(models: Models) -> Inputs:
    """What becomes of each input member of what is built. Raises ValueError for one that nothing is said of."""
    return {
        service: {
            operation: effects.members(models.service(service).input_paths(operation))
            for operation, effects in operations.items()
        }
        for service, operations in EFFECTS.items()
    }


def operations_page(services: Mapping[str, ServiceOperations], inputs: Inputs) -> bytes:
    """The page's JSON: service -> operation -> whether it is built, and of those that are the inputs' fates and the golden pairs.

    Raises ValueError for a handler of no operation.
    """
    for name, service in services.items():
        strangers = sorted(set(service.built) - set(service.modelled))
        if strangers:
            raise ValueError(f"{name} has handlers for operations that AWS has not: {strangers}")
    page = {
        name: {operation: operation in service.built for operation in sorted(service.modelled)}
        for name, service in sorted(services.items())
    }
    fates = {
        service: {
            operation: [_shown(m) for m in members]
            for operation, members in sorted(operations.items())
        }
        for service, operations in sorted(inputs.items())
    }
    pairs = {
        operation: {"successes": successes, "errors": errors}
        for operation, (successes, errors) in GOLDEN_PAIRS.items()
        if page.get("lambda", {}).get(operation)
    }
    return json.dumps({"services": page, "inputs": fates, "pairs": {"lambda": pairs}}).encode()


def _shown(member: Member) -> Mapping[str, str]:
    more = {"note": member.note, "harmless": member.harmless}
    return {"member": member.path, "fate": member.fate} | {k: v for k, v in more.items() if v}
