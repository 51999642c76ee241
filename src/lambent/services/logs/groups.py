"""DescribeLogGroups."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from lambent.model.arn import log_group_arn
from lambent.model.request import RequestContext
from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound
from lambent.services.logs.identifiers import group_named
from lambent.services.logs.tokens import name_after, name_token
from lambent.state.log_events import LogGroup, LogReader

_CLASS = "STANDARD"
_PAGE = 50


def describe_log_groups(
    reader: LogReader, context: RequestContext, given: dict[str, Any]
) -> dict[str, Any]:
    """One page of groups by name. Raises InvalidParameter for parameters that exclude each other."""
    pattern, prefix = given.get("logGroupNamePattern", ""), given.get("logGroupNamePrefix", "")
    if pattern and prefix:
        raise InvalidParameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    accounts = given.get("accountIdentifiers")
    if given.get("logGroupClass", _CLASS) != _CLASS:
        return {"logGroups": []}  # functions' groups are all of the standard class
    if given.get("includeLinkedAccounts") and accounts and context.account_id not in accounts:
        return {"logGroups": []}  # no account is linked to another
    if identifiers := given.get("logGroupIdentifiers"):
        return {"logGroups": _named(reader, context, identifiers)}
    limit = given.get("limit", _PAGE)
    token = given.get("nextToken")
    found = reader.groups(
        account_id=context.account_id,
        region=context.region,
        prefix=prefix,
        pattern=pattern,
        after=name_after(token) if token else "",
        limit=limit + 1,
    )
    shape = _brief if pattern else _shape
    answer: dict[str, Any] = {"logGroups": [shape(context, g) for g in found[:limit]]}
    if len(found) > limit:
        answer["nextToken"] = name_token(found[limit - 1].name)
    return answer


def _named(
    reader: LogReader, context: RequestContext, identifiers: Sequence[str]
) -> list[dict[str, Any]]:
    """Those of the groups asked for that there are: identifiers only filter, and the model has no error for the others."""
    names: set[str] = set()
    for identifier in identifiers:
        with suppress(LogGroupNotFound):  # an ARN of another account or region
            names.add(group_named(context, identifier))
    groups: list[dict[str, Any]] = []
    for name in sorted(names):
        found = reader.groups(
            account_id=context.account_id,
            region=context.region,
            prefix=name,
            pattern="",
            after="",
            limit=1,
        )
        if found and found[0].name == name:
            groups.append(_shape(context, found[0]))
    return groups


def _brief(context: RequestContext, group: LogGroup) -> dict[str, Any]:
    """What AWS tells when groups are sought by a pattern."""
    arn = log_group_arn(region=context.region, account_id=context.account_id, group=group.name)
    return {"logGroupName": group.name, "creationTime": group.created_ms, "arn": f"{arn}:*"}


def _shape(context: RequestContext, group: LogGroup) -> dict[str, Any]:
    arn = log_group_arn(region=context.region, account_id=context.account_id, group=group.name)
    return {
        **_brief(context, group),
        "metricFilterCount": 0,
        "storedBytes": group.stored_bytes,
        "logGroupClass": _CLASS,
        "logGroupArn": arn,
    }
