"""Which function an Invoke request names, and with which qualifier: pure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from lambent.model.errors import InvalidParameterValue, UnknownOperation, ValidationFailed
from lambent.model.function_name import FunctionName, parse_function_name
from lambent.wire.constraints import refuse
from lambent.wire.invoke_rules import invoke_failures

INVOKE_TARGET: Final = re.compile(
    rb"/2015-03-31/functions/([^/?]+)/invocations/?(?:\?(.*))?", re.DOTALL
)
"""The raw target of Invoke; as for every operation, one trailing slash is allowed."""
_HEADERS: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "InvocationType": b"x-amz-invocation-type",
        "LogType": b"x-amz-log-type",
        "DurableExecutionName": b"x-amz-durable-execution-name",
        "TenantId": b"x-amz-tenant-id",
    }
)
"""The constrained parameters that travel in headers."""


def parse_target(target: bytes, headers: Mapping[bytes, bytes]) -> tuple[str, FunctionName]:
    """The name as it is given and what it says, its qualifier the one that is asked for.

    Raises UnknownOperation, ValidationFailed for all that is wrong with target and `headers`, and InvalidParameterValue
    for two qualifiers that differ.
    """
    found = INVOKE_TARGET.fullmatch(target)
    if found is None:
        raise UnknownOperation("No operation answers to this path.")
    given = unquote_to_bytes(found[1]).decode("utf-8", "replace")
    query = dict(parse_qsl((found[2] or b"").decode("latin-1"), keep_blank_values=True))
    parameters = {"FunctionName": given} | {
        member: headers[header].decode("latin-1")
        for member, header in _HEADERS.items()
        if headers.get(header)
    }
    asked = query.get("Qualifier")
    if asked is not None:
        parameters["Qualifier"] = asked
    refuse(invoke_failures(parameters))
    said = parse_function_name(given)
    if said is None:
        raise ValidationFailed(f"No function can have the name '{given}'.")
    if said.qualifier and asked and said.qualifier != asked:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return given, replace(said, qualifier=asked or said.qualifier)
