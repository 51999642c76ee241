"""Which log group a request means: by name, or by an identifier that is a name or an ARN."""

from typing import Any

from lambent.model.arn import log_group_arn
from lambent.model.request import RequestContext
from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound


def group_of(context: RequestContext, given: dict[str, Any]) -> str:
    """The group's name. Raises InvalidParameter unless exactly one of name and identifier is given, LogGroupNotFound."""
    name, identifier = given.get("logGroupName"), given.get("logGroupIdentifier")
    if name and identifier:
        raise InvalidParameter("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    if not name and not identifier:
        raise InvalidParameter("Either logGroupName or logGroupIdentifier must be specified.")
    return str(name) if name else group_named(context, str(identifier))


def group_named(context: RequestContext, identifier: str) -> str:
    """The name in `identifier`. Raises LogGroupNotFound for an ARN of another account, region or service."""
    if not identifier.startswith("arn:"):
        return identifier
    own = log_group_arn(region=context.region, account_id=context.account_id, group="")
    if not identifier.startswith(own) or identifier == own:
        raise LogGroupNotFound
    return identifier.removeprefix(own)
