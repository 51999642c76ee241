"""AWS's sentences about values that break a constraint of the model, and the checks behind them.

Free of botocore: `validate` builds rules from a model, the edge writes its few down (`invoke_rules`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lambent.model.errors import ServiceError, ValidationFailed

NOT_NULL: Final = "Member must not be null"
_PATTERN_TRIED_UP_TO: Final = 16_384
"""Characters. A text that is over its length is refused anyway; no pattern is let loose on megabytes of it."""
_BEYOND_RE: Final = re.compile(r"\\[pP]|\[\[|--|&&|~~|\|\|")
_ASCII_CLASSES: Final = {"d": "0-9", "w": "_0-9a-zA-Z"}


class Matcher(Protocol):
    """A compiled pattern."""

    def fullmatch(self, _text: str, /) -> Any:
        """Something true when the whole text fits."""
        ...


def compile_pattern(pattern: str) -> Matcher:
    """The model's `pattern` as AWS's Java reads it: the digits of `\\d` and the letters of `\\w` are ASCII."""
    out: list[str] = []
    in_class, at = False, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            ascii_class = _ASCII_CLASSES.get(pattern[at + 1 : at + 2])
            if ascii_class is None:
                out.append(pattern[at : at + 2])
            else:
                out.append(ascii_class if in_class else f"[{ascii_class}]")
            at += 2
            continue
        if character in "[]":
            in_class = character == "["
        out.append(character)
        at += 1
    return _compiled("".join(out))


def _compiled(pattern: str) -> Matcher:
    """By the standard library where it reads the pattern as Java does, else by `regex`.

    `re` has no \\p, and warns of what may become set operations. The edge's few patterns need neither, and importing `regex`
    would cost each of its starts 30 ms.
    """
    if _BEYOND_RE.search(pattern) is None:
        return re.compile(pattern)
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415  ships no types; put off, see above

    matcher: Matcher = regex.compile(pattern)
    return matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One value that breaks one constraint."""

    value: str | None
    """As AWS prints it; None for a value that is missing."""
    path: str
    """Lower camel case, nested with dots."""
    constraint: str
    hidden: bool = False
    """A sensitive value, which AWS does not repeat."""

    def __str__(self) -> str:
        shown = " null" if self.value is None else f" '{self.value}'"
        value = "" if self.hidden else shown
        return f"Value{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def describe(failures: Sequence[Failure]) -> str:
    """AWS's whole message for `failures`, counted and joined."""
    noun = "error" if len(failures) == 1 else "errors"
    return f"{len(failures)} validation {noun} detected: {'; '.join(map(str, failures))}"


def refuse(failures: Iterable[Failure], *, error: type[ServiceError] = ValidationFailed) -> None:
    """Return when there are no `failures`, else raise `error` with AWS's message."""
    found = list(failures)
    if found:
        raise error(describe(found))


def lower_camel(member: str) -> str:
    """A member's name as AWS's messages write it: `FunctionName` is functionName, `KMSKeyArn` kMSKeyArn."""
    return member[:1].lower() + member[1:]


def _bound(limit: float, *, at_most: bool, of: str) -> str:
    relation = "less" if at_most else "greater"
    return f"Member must have {of} {relation} than or equal to {limit}"


class TextRule:
    """What a model demands of a string."""

    __slots__ = ("_enum", "_maximum", "_minimum", "_pattern", "_regexes")

    def __init__(
        self,
        *,
        minimum: int | None = None,
        maximum: int | None = None,
        pattern: str | None = None,
        also: str | None = None,
        enum: Sequence[str] = (),
    ) -> None:
        """`enum` in the order in which AWS prints it; a text that doesn't keep `also` is said to break `pattern`."""
        self._minimum, self._maximum = minimum, maximum
        self._pattern, self._enum = pattern, tuple(enum)
        self._regexes = [compile_pattern(p) for p in (pattern, also) if p is not None]

    def constraints(self) -> list[str]:
        """Every constraint, in the order in which AWS lists those of a list's or a map's elements."""
        texts = [] if self._maximum is None else [_bound(self._maximum, at_most=True, of="length")]
        if self._minimum is not None:
            texts.append(_bound(self._minimum, at_most=False, of="length"))
        if self._pattern is not None:
            texts.append(f"Member must satisfy regular expression pattern: {self._pattern}")
        if self._enum:
            texts.append(f"Member must satisfy enum value set: [{', '.join(self._enum)}]")
        return texts

    def broken(self, value: str) -> list[str]:
        """The constraints that `value` breaks: enum, pattern, then length, as recorded for CreateFunction."""
        texts: list[str] = []
        if self._enum and value not in self._enum:
            texts.append(f"Member must satisfy enum value set: [{', '.join(self._enum)}]")
        if self._breaks_pattern(value):
            texts.append(f"Member must satisfy regular expression pattern: {self._pattern}")
        if self._maximum is not None and len(value) > self._maximum:
            texts.append(_bound(self._maximum, at_most=True, of="length"))
        if self._minimum is not None and len(value) < self._minimum:
            texts.append(_bound(self._minimum, at_most=False, of="length"))
        return texts

    def _breaks_pattern(self, value: str) -> bool:
        hopeless = self._maximum is not None and len(value) > max(
            self._maximum, _PATTERN_TRIED_UP_TO
        )
        return not hopeless and any(r.fullmatch(value) is None for r in self._regexes)

    def failures(self, value: str, *, path: str) -> list[Failure]:
        """What is wrong with `value`, which the caller gave at `path`."""
        return [Failure(value=value, path=path, constraint=text) for text in self.broken(value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeRule:
    """Bounds of a number, or of the length of a list, a map or a blob."""

    of: str
    """What is bounded: `value` or `length`."""
    minimum: float | None = None
    maximum: float | None = None

    def constraints(self) -> list[str]:
        """Both bounds, the upper first."""
        texts = [] if self.maximum is None else [_bound(self.maximum, at_most=True, of=self.of)]
        if self.minimum is not None:
            texts.append(_bound(self.minimum, at_most=False, of=self.of))
        return texts

    def broken(self, size: float) -> list[str]:
        """The bound that `size` is beyond, if any."""
        if self.maximum is not None and size > self.maximum:
            return [_bound(self.maximum, at_most=True, of=self.of)]
        if self.minimum is not None and size < self.minimum:
            return [_bound(self.minimum, at_most=False, of=self.of)]
        return []
