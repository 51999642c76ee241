"""The page /_lambent/operations: which operations AWS has and which of them are built here.

Made from the wire's models and the services' own tables of handlers, so that it can't drift from either.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOperations:
    """One service: what its model names, and what has a handler."""

    modelled: Collection[str]
    built: Collection[str]


def operations_page(services: Mapping[str, ServiceOperations]) -> bytes:
    """The page's JSON: service -> operation -> whether it is built. Raises ValueError for a handler of no operation."""
    for name, service in services.items():
        strangers = sorted(set(service.built) - set(service.modelled))
        if strangers:
            raise ValueError(f"{name} has handlers for operations that AWS has not: {strangers}")
    page = {
        name: {operation: operation in service.built for operation in sorted(service.modelled)}
        for name, service in sorted(services.items())
    }
    return json.dumps({"services": page}).encode()
