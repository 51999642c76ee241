"""Which function an Invoke request names, and with which qualifier: pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from lambent.model.errors import InvalidParameterValue, UnknownOperation, ValidationFailed

PREFIX: Final = b"/2015-03-31/functions/"
SUFFIX: Final = b"/invocations"

NAME_PATTERN: Final = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
"""As the model has it and as the error prints it."""
QUALIFIER_PATTERN: Final = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
_NAME: Final = re.compile(
    r"(?P<arn>arn:(aws[a-zA-Z-]*)?:lambda:)?"
    r"((?P<region>(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d):)?"
    r"((?P<account>\d{12}):)?(function:)?(?P<name>[a-zA-Z0-9_.-]+)"
    r"(:(?P<qualifier>\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9_-]+))?",
    re.ASCII,
)
_QUALIFIER: Final = re.compile(r"\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9_$-]+", re.ASCII)
_MAX_NAME, _MAX_QUALIFIER = 256, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A constraint of the model that a member breaks."""

    value: str
    path: str
    constraint: str

    def __str__(self) -> str:
        return (
            f"Value '{self.value}' at '{self.path}' failed to satisfy constraint: {self.constraint}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeTarget:
    """What path and query name; empty where they say nothing."""

    name: str
    region: str
    account_id: str
    qualifier: str


def is_invoke(method: bytes, path: bytes) -> bool:
    """Whether a request is Invoke's."""
    if method != b"POST" or not (path.startswith(PREFIX) and path.endswith(SUFFIX)):
        return False
    return b"/" not in path[len(PREFIX) : -len(SUFFIX)] and len(path) > len(PREFIX + SUFFIX)


def validation_failed(breaches: Sequence[Breach]) -> ValidationFailed:
    """AWS's sentence for one or more breaches."""
    errors = "error" if len(breaches) == 1 else "errors"
    listed = "; ".join(map(str, breaches))
    return ValidationFailed(f"{len(breaches)} validation {errors} detected: {listed}")


def parse_target(target: bytes, more: Sequence[Breach] = ()) -> InvokeTarget:
    """The function that a raw request target names; `more` are breaches found elsewhere in the request.

    Raises UnknownOperation, ValidationFailed, and InvalidParameterValue for two qualifiers that differ.
    """
    path, _, query = target.partition(b"?")
    if not is_invoke(b"POST", path):
        raise UnknownOperation("No operation answers to this path.")
    text = unquote_to_bytes(path[len(PREFIX) : -len(SUFFIX)]).decode("utf-8", "replace")
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)).get("Qualifier")
    match = _NAME.fullmatch(text)
    if match is not None and match["arn"] and not (match["region"] and match["account"]):
        match = None  # recorded: an ARN is whole or refused
    breaches = [*_qualifier_breaches(given), *more, *_name_breaches(text, valid=match is not None)]
    if breaches or match is None:
        raise validation_failed(breaches)
    derived = match["qualifier"]
    if derived and given and derived != given:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return InvokeTarget(
        name=match["name"],
        region=match["region"] or "",
        account_id=match["account"] or "",
        qualifier=given or derived or "",
    )


def _qualifier_breaches(value: str | None) -> Iterator[Breach]:
    if value is None:
        return
    if not _QUALIFIER.fullmatch(value):
        yield Breach(
            value=value,
            path="qualifier",
            constraint=f"Member must satisfy regular expression pattern: {QUALIFIER_PATTERN}",
        )
    if not value:
        yield Breach(
            value=value,
            path="qualifier",
            constraint="Member must have length greater than or equal to 1",
        )
    if len(value) > _MAX_QUALIFIER:
        yield Breach(
            value=value,
            path="qualifier",
            constraint=f"Member must have length less than or equal to {_MAX_QUALIFIER}",
        )


def _name_breaches(value: str, *, valid: bool) -> Iterator[Breach]:
    if not valid:
        yield Breach(
            value=value,
            path="functionName",
            constraint=f"Member must satisfy regular expression pattern: {NAME_PATTERN}",
        )
    if len(value) > _MAX_NAME:
        yield Breach(
            value=value,
            path="functionName",
            constraint=f"Member must have length less than or equal to {_MAX_NAME}",
        )
