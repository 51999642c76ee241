"""Texts that keep a model's pattern."""

import re
from random import Random
from re import _constants as c  # type: ignore[attr-defined]  # the parser of `re`, which typeshed does not know
from re import _parser  # type: ignore[attr-defined]  # as above
from typing import Any, Final

from lambent.wire.constraints import compile_pattern

_TRIES: Final = 50
_MOST_REPEATS: Final = 12
_CLASSES: Final = {
    c.CATEGORY_DIGIT: "0123456789",
    c.CATEGORY_WORD: "abzAZ019_",
    c.CATEGORY_SPACE: " ",
    c.CATEGORY_NOT_SPACE: "aZ9./:é",
    c.CATEGORY_NOT_DIGIT: "aZ",
    c.CATEGORY_NOT_WORD: "-/",
}
_PROPERTIES: Final = {r"\p{L}": "a-zA-Zé", r"\p{Z}": " ", r"\p{N}": "0-9", r"\w-_": r"\w\-_"}
_ANY: Final = "aZ9 -_/.:é"


def text_of(pattern: str, random: Random, *, shortest: int = 0, longest: int = 64) -> str:
    """A text that matches `pattern` and has such a length. Raises ValueError when none is found."""
    readable = pattern
    for name, stands_for in _PROPERTIES.items():
        readable = readable.replace(name, stands_for)
    parsed, judge = _parser.parse(readable), compile_pattern(pattern)
    for _ in range(_TRIES):
        text = "".join(_piece(node, random) for node in parsed)
        if len(text) < shortest:  # most patterns end in a repetition
            text += "a" * (shortest - len(text))
        if len(text) <= longest and judge.fullmatch(text) is not None:
            return text
    raise ValueError(f"no text found for {pattern}")


def _piece(node: tuple[Any, Any], random: Random) -> str:
    kind, value = node
    match kind:
        case c.LITERAL:
            return chr(value)
        case c.NOT_LITERAL | c.ANY:
            return random.choice(_ANY)
        case c.IN:
            return _one_of(value, random)
        case c.MAX_REPEAT | c.MIN_REPEAT:
            low, high, inner = value
            count = random.randint(low, max(low, min(int(high), low + _MOST_REPEATS)))
            return "".join(_piece(part, random) for _ in range(count) for part in inner)
        case c.BRANCH | c.SUBPATTERN:
            inner = random.choice(value[1]) if kind is c.BRANCH else value[3]
            return "".join(_piece(part, random) for part in inner)
        case _:  # anchors and looks around: what they demand is seen to by trying again
            return ""


def _one_of(members: list[tuple[Any, Any]], random: Random) -> str:
    if members[0][0] is c.NEGATE:
        excluded = re.compile(f"[{''.join(_shown(m) for m in members[1:])}]")
        return random.choice([x for x in _ANY if not excluded.match(x)])
    kind, value = random.choice(members)
    match kind:
        case c.LITERAL:
            return chr(value)
        case c.RANGE:
            return chr(random.randint(*value))
        case _:
            return random.choice(_CLASSES[value])


def _shown(member: tuple[Any, Any]) -> str:
    kind, value = member
    match kind:
        case c.LITERAL:
            return re.escape(chr(value))
        case c.RANGE:
            return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        case _:
            return re.escape(_CLASSES[value])
