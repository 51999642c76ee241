"""What of a function's settings has no effect, as the daemon tells by its own table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambent.cli.connection import Connection
from lambent.cli.failure import CommandFailure


def notes(connection: Connection, configuration: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each setting that asks for something which the function does not get."""
    for member in _members(connection):
        if member["fate"] != "without effect":
            continue
        value = _at(configuration, member["member"])
        if not _empty(value) and value != member.get("harmless"):
            yield f"{member['member']} has no effect here. {member['note']}"


def _members(connection: Connection) -> Sequence[Mapping[str, str]]:
    try:
        page = connection.rest("GET", "/_lambent/operations").document()
    except CommandFailure:
        return []  # an endpoint of another kind: what was deployed is deployed all the same
    members: Sequence[Mapping[str, str]] = page["inputs"]["lambda"]["CreateFunction"]
    return members


def _at(configuration: Mapping[str, Any], path: str) -> Any:
    value: Any = configuration
    for name in path.split("."):
        value = (value or {}).get(name)
    return value


def _empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_empty, value.values()))
    return not value
