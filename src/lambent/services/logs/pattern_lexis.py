"""The parts that all filter patterns share: phrases in quotation marks, and regular expressions between per cent signs."""

import re
from collections.abc import Callable
from typing import Final

import regex  # type: ignore[import-untyped]  # ships no types; types-regex is not in our lock

from lambent.services.logs.errors import InvalidParameter

_PHRASE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_EXPRESSION: Final = re.compile(r"%([^%]*)%")
# What AWS's dialect has. Anything else (groups, look-around, back references) is refused, so that the engine below is
# never asked for more than a client may ask.
_ATOM: Final = re.compile(
    r"""[A-Za-z0-9:_\#=@/;,\- ^$?\[\]|*+.]     # letters, digits, symbols, operators
      | \\(?:x[0-9A-Fa-f]{2}|[dDsSwW]|[^A-Za-z0-9])
      | \{[0-9]*,?[0-9]*\}""",
    re.VERBOSE | re.ASCII,
)
_SECONDS_AN_EVENT: Final = 0.1


def phrase_at(pattern: str, at: int) -> tuple[str, int]:
    """The phrase whose opening quotation mark is at `at`, and where it ends. Raises InvalidParameter."""
    found = _PHRASE.match(pattern, at)
    if found is None:
        raise InvalidParameter("Invalid filter pattern: a quotation mark is not closed")
    return _ESCAPED.sub(r"\1", found[1]), found.end()


def regex_at(pattern: str, at: int) -> tuple[Callable[[str], bool], int]:
    """A matcher for the expression whose opening per cent sign is at `at`, and where it ends. Raises InvalidParameter.

    The matcher raises InvalidParameter when an event takes it too long.
    """
    found = _EXPRESSION.match(pattern, at)
    if found is None:
        raise InvalidParameter("Invalid filter pattern: a regular expression is not closed by %")
    return _expression(found[1]), found.end()


def _expression(source: str) -> Callable[[str], bool]:
    at = 0
    while at < len(source):
        atom = _ATOM.match(source, at)
        if atom is None:
            raise InvalidParameter(f"Invalid character(s) in term '{source[at]}'")
        at = atom.end()
    try:
        compiled = regex.compile(source, regex.ASCII | regex.V0)
    except regex.error as error:
        message = f"Invalid filter pattern: %{source}% is not a regular expression: {error.msg}"
        raise InvalidParameter(message) from error

    def matches(message: str) -> bool:
        try:
            return compiled.search(message, timeout=_SECONDS_AN_EVENT) is not None
        except TimeoutError as error:
            raise InvalidParameter(
                f"Invalid filter pattern: %{source}% takes too long to match"
            ) from error

    return matches
