"""The pattern language of FilterLogEvents: terms, phrases, regular expressions and JSON patterns.

After the AWS page "Filter pattern syntax". Terms match anywhere in the message, in its case. Patterns for space-delimited
events, `[...]`, are refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lambent.services.logs.errors import InvalidParameter
from lambent.services.logs.json_pattern import json_pattern
from lambent.services.logs.pattern_lexis import phrase_at, regex_at

Matcher = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    sign: str
    """`-`, `?` or nothing."""
    matches: Matcher


def filter_pattern(text: str) -> Matcher:
    """What tells whether a message matches `text`. Raises InvalidParameter."""
    pattern = text.strip()
    if pattern.startswith("{"):
        return json_pattern(pattern)
    if pattern.startswith("["):
        raise InvalidParameter(
            "Filter patterns for space-delimited log events ([...]) are not supported by lambent; "
            "use terms, a %regular expression% or a JSON pattern."
        )
    terms = list(_terms(pattern))
    excluded = [t.matches for t in terms if t.sign == "-"]
    required = [t.matches for t in terms if not t.sign]
    optional = [t.matches for t in terms if t.sign == "?"]
    if required or excluded:
        optional = []  # AWS: combined with others, optional terms have no effect

    def matches(message: str) -> bool:
        return (
            all(term(message) for term in required)
            and not any(term(message) for term in excluded)
            and (not optional or any(term(message) for term in optional))
        )

    return matches


def _terms(pattern: str) -> Iterator[_Term]:
    at = 0
    while at < len(pattern):
        if pattern[at].isspace():
            at += 1
            continue
        sign = pattern[at] if pattern[at] in "-?" else ""
        matches, at = _term_at(pattern, at + len(sign), sign)
        yield _Term(sign=sign, matches=matches)


def _term_at(pattern: str, at: int, sign: str) -> tuple[Matcher, int]:
    if pattern.startswith('"', at):
        phrase, at = phrase_at(pattern, at)
        return _contains(phrase if phrase.strip() else ""), at
    if pattern.startswith("%", at):
        return regex_at(pattern, at)
    end = at
    while end < len(pattern) and (pattern[end].isalnum() or pattern[end] == "_"):
        end += 1
    if end == at:
        culprit = pattern[at] if at < len(pattern) and not pattern[at].isspace() else sign
        raise InvalidParameter(f"Invalid character(s) in term '{culprit}'")
    return _contains(pattern[at:end]), end


def _contains(phrase: str) -> Matcher:
    def matches(message: str) -> bool:
        return phrase in message

    return matches
