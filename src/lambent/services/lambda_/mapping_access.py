"""By which credentials and places each kind of event source is reached: `SourceAccessConfigurations`."""

from collections.abc import Mapping
from typing import Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.mapping import EventSourceMapping, SourceKind

_WITHOUT_URI: Final = frozenset({"IAM_AUTH", "IAM_OAUTHBEARER_AUTH"})
_NEEDS_ONE_OF: Final[Mapping[str, frozenset[str]]] = {
    "OAUTHBEARER_SCOPE": frozenset({"OAUTHBEARER_AUTH"}),
    "OAUTHBEARER_LOGICAL_CLUSTER": frozenset({"OAUTHBEARER_AUTH"}),
    "OAUTHBEARER_IDENTITY_POOL": frozenset({"OAUTHBEARER_AUTH"}),
    "OAUTHBEARER_AUDIENCE": frozenset({"OAUTHBEARER_AUTH", "IAM_OAUTHBEARER_AUTH"}),
    "IAM_OAUTHBEARER_AUTH": frozenset({"OAUTHBEARER_AUDIENCE"}),
}
_MISSING: Final = "Required 'sourceAccessConfigurations' parameter is missing."


def demand_access(mapping: EventSourceMapping, *, allowed: frozenset[str]) -> None:
    """Return when a mapping's source can be reached by what is given. Raises InvalidParameterValue."""
    types = [one.type for one in mapping.access]
    match mapping.kind:
        case SourceKind.DOCUMENTDB:
            _demand_document_db(types, allowed=allowed)
        case SourceKind.MQ if "BASIC_AUTH" not in types and set(types) <= allowed:
            raise InvalidParameterValue(_MISSING)
        case SourceKind.SELF_MANAGED_KAFKA if not types:
            raise InvalidParameterValue(_MISSING)
        case _:
            _demand_known(types, allowed=allowed)
    _demand_uris(mapping)
    _demand_together(frozenset(types))


def _demand_document_db(types: list[str], *, allowed: frozenset[str]) -> None:
    if not types:  # recorded: it is named twice
        raise InvalidParameterValue(
            "Invalid parameters: sourceAccessConfigurations, sourceAccessConfigurations"
        )
    if not set(types) <= allowed:
        raise InvalidParameterValue("Invalid parameters: sourceAccessConfigurations")


def _demand_known(types: list[str], *, allowed: frozenset[str]) -> None:
    if not set(types) <= allowed:
        raise InvalidParameterValue(
            "Unsupported source access configurations type for given event source mapping type."
        )


def _demand_uris(mapping: EventSourceMapping) -> None:
    for one in mapping.access:
        if not one.uri and one.type not in _WITHOUT_URI:
            raise InvalidParameterValue(f"The source access configuration {one.type} needs a URI.")
        if one.uri and one.type in _WITHOUT_URI:
            raise InvalidParameterValue(f"The source access configuration {one.type} has no URI.")


def _demand_together(types: frozenset[str]) -> None:
    for one in sorted(types):
        others = _NEEDS_ONE_OF.get(one)
        if others is not None and not others & types:
            raise InvalidParameterValue(
                f"The source access configuration {one} requires {' or '.join(sorted(others))}."
            )
    if "IAM_OAUTHBEARER_AUTH" not in types:
        return
    unfit = {one for one in types if one.startswith("OAUTHBEARER_")} - {"OAUTHBEARER_AUDIENCE"}
    if unfit:
        raise InvalidParameterValue(
            f"The source access configuration IAM_OAUTHBEARER_AUTH does not support {min(unfit)}."
        )
