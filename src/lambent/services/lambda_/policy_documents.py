"""Resource policies as documents: the statements that AddPermission makes, and what a document that is put whole must be."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lambent.model.arn import root_arn
from lambent.model.errors import (
    InvalidParameterValue,
    PolicyLengthExceeded,
    ResourceConflict,
    ResourceNotFound,
)
from lambent.model.partitions import PARTITIONS, partition_of

_MOST_BYTES: Final = 20_480
_EMPTY: Final[Mapping[str, Any]] = {"Version": "2012-10-17", "Id": "default", "Statement": []}
_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_SERVICE_ENDS: Final = (*sorted({f".{p.dns_suffix}" for p in PARTITIONS}), ".amazon.com")
_SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
_IDENTITY: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(iam::\d{12}:(root|(user|role)/\S+)"
    r"|sts::\d{12}:(assumed-role/\S+/\S+|federated-user/\S+))",
    re.ASCII,
)
_EQUAL: Final = {
    "EventSourceToken": "lambda:EventSourceToken",
    "SourceAccount": "AWS:SourceAccount",
    "FunctionUrlAuthType": "lambda:FunctionUrlAuthType",
    "PrincipalOrgID": "aws:PrincipalOrgID",
}
"""AddPermission's member -> condition key, in the order of AWS's answers.

Recorded of the last three; they come as a Java HashMap has these keys, where EventSourceToken is first.
"""


def statement_of(members: Mapping[str, Any], *, resource: str, region: str) -> dict[str, Any]:
    """The statement that AddPermission's input asks for. Raises InvalidParameterValue."""
    _demand_fitting_action(members)
    statement: dict[str, Any] = {
        "Sid": members["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(members["Principal"], region=region),
        "Action": members["Action"],
        "Resource": resource,
    }
    conditions = _conditions(members)
    if conditions:
        statement["Condition"] = conditions
    return statement


def text_of(document: Mapping[str, Any]) -> str:
    """A document or a statement as it is stored and shown."""
    return msgspec.json.encode(document).decode()


def with_statement(document: str | None, statement: Mapping[str, Any]) -> str:
    """`document`, None for none yet, with one statement more.

    Raises ResourceConflict when there is one of its name, PolicyLengthExceeded.
    """
    policy = dict(_EMPTY) if document is None else _read(document)
    statements = _statements(policy)
    if any(one.get("Sid") == statement["Sid"] for one in statements):
        raise ResourceConflict(
            f"The statement id ({statement['Sid']}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    return _within_limit(text_of(policy | {"Statement": [*statements, statement]}))


def without_statement(document: str | None, sid: str) -> str | None:
    """`document` without the statement `sid`, None when that was its last. Raises ResourceNotFound."""
    if document is None:
        raise ResourceNotFound("No policy is associated with the given resource.")
    policy = _read(document)
    statements = _statements(policy)
    kept = [one for one in statements if one.get("Sid") != sid]
    if len(kept) == len(statements):
        raise ResourceNotFound(f"Statement {sid} is not found in resource policy.")
    return text_of(policy | {"Statement": kept}) if kept else None


def checked(document: str) -> str:
    """A document that is put whole. Raises InvalidParameterValue, PolicyLengthExceeded."""
    policy = _parsed(document)
    if policy.get("Version") not in _VERSIONS:
        raise _malformed(f"its Version must be one of {', '.join(_VERSIONS)}")
    statements = policy.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise _malformed("it has no Statement")
    for statement in statements:
        _demand_statement(statement)
    sids = [one["Sid"] for one in statements if "Sid" in one]
    if len(set(sids)) < len(sids):
        raise _malformed("two of its statements have the same Sid")
    return _within_limit(document)


def _demand_statement(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise _malformed("a Statement must be an object")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _malformed("a Statement's Effect must be Allow or Deny")
    if not isinstance(statement.get("Sid", ""), str):
        raise _malformed("a Statement's Sid must be a string")
    for member in ("Principal", "Action", "Resource"):
        if not statement.get(member) and not statement.get(f"Not{member}"):
            raise _malformed(f"a Statement has no {member}")


def _demand_fitting_action(members: Mapping[str, Any]) -> None:
    action = members["Action"]
    if members.get("FunctionUrlAuthType") and action != "lambda:InvokeFunctionUrl":
        raise InvalidParameterValue(  # seen by users
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"
        )
    if members.get("InvokedViaFunctionUrl") is not None and action != "lambda:InvokeFunction":
        raise InvalidParameterValue(
            "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action"
        )


def _principal(given: str, *, region: str) -> str | dict[str, str]:
    if given == "*":
        return "*"
    if re.fullmatch(r"\d{12}", given, re.ASCII):
        return {"AWS": root_arn(region=region, account_id=given)}
    identity = _IDENTITY.fullmatch(given)
    if identity and identity["partition"] == partition_of(region).name:
        return {"AWS": given}
    if _SERVICE.fullmatch(given) and given.endswith(_SERVICE_ENDS):
        return {"Service": given}
    raise InvalidParameterValue(
        "The provided principal was invalid. Please check the principal and try again."
    )


def _conditions(members: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    conditions: dict[str, dict[str, str]] = {}
    equal = {key: members[member] for member, key in _EQUAL.items() if members.get(member)}
    if equal:
        conditions["StringEquals"] = equal
    via_url = members.get("InvokedViaFunctionUrl")
    if via_url is not None:
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": "true" if via_url else "false"}
    if members.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": members["SourceArn"]}
    return conditions


def _read(document: str) -> dict[str, Any]:
    policy: dict[str, Any] = msgspec.json.decode(document)
    return policy


def _statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = policy["Statement"]
    return [statements] if isinstance(statements, dict) else list(statements)


def _parsed(document: str) -> dict[str, Any]:
    try:
        policy = msgspec.json.decode(document)
    except (ValueError, RecursionError) as error:
        raise _malformed("it is not valid JSON") from error
    if not isinstance(policy, dict):
        raise _malformed("it is not a JSON object")
    return policy


def _within_limit(document: str) -> str:
    size = len(document.encode())
    if size > _MOST_BYTES:
        raise PolicyLengthExceeded(  # seen by users
            f"The final policy size ({size}) is bigger than the limit ({_MOST_BYTES})."
        )
    return document


def _malformed(what: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"The policy is malformed: {what}.")
