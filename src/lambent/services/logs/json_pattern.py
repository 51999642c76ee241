"""Filter patterns for JSON events: `{ $.level = "ERROR" && $.items[*].id > 3 }`.

An event that is not JSON matches none. A comparison with a property that is absent, or is an object, an array, a boolean
or null, is false, `!=` too; those are asked for by IS and NOT EXISTS.
"""

import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

import msgspec

from lambent.services.logs.errors import InvalidParameter
from lambent.services.logs.json_selector import Selector, selector_at
from lambent.services.logs.pattern_lexis import phrase_at, regex_at

_Test = Callable[[Any], bool]
_SPACE: Final = re.compile(r"\s*")
_OPERATOR: Final = re.compile(r"!=|>=|<=|=|>|<")
_IS: Final = re.compile(r"IS\s+(NULL|TRUE|FALSE)\b")
_NOT_EXISTS: Final = re.compile(r"NOT\s+EXISTS\b")
_BARE: Final = re.compile(r"[\w.*+-]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_TEXT: Final = re.compile(r"[\w.*]+")
_CONSTANTS: Final[dict[str, object]] = {"NULL": None, "TRUE": True, "FALSE": False}
_DEEPEST: Final = 50
_MOST_WILDCARDS: Final = 3
_MOST_EXPRESSIONS: Final = 2


def json_pattern(text: str) -> Callable[[str], bool]:
    """What tells whether a message is JSON that matches `text`, `{...}`. Raises InvalidParameter."""
    test = _Parser(text).whole()

    def matches(message: str) -> bool:
        if not message.lstrip().startswith(("{", "[")):
            return False
        try:
            document = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return False
        return test(document)

    return matches


class _Parser:
    """Reads one pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        self._wildcards = self._expressions = 0

    def whole(self) -> _Test:
        self._expect("{")
        test = self._either()
        self._expect("}")
        if self._at < len(self._text):
            self._refuse()
        return test

    def _either(self) -> _Test:
        tests = [self._both()]
        while self._take("||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda document: any(t(document) for t in tests)

    def _both(self) -> _Test:
        tests = [self._condition()]
        while self._take("&&"):
            tests.append(self._condition())
        return tests[0] if len(tests) == 1 else lambda document: all(t(document) for t in tests)

    def _condition(self) -> _Test:
        if not self._take("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise InvalidParameter("Invalid filter pattern: parentheses are nested too deeply")
        test = self._either()
        self._expect(")")
        self._depth -= 1
        return test

    def _comparison(self) -> _Test:
        selector, self._at = selector_at(self._text, self._at)
        self._count_wildcards(selector)
        if constant := self._match(_IS):
            wanted = _CONSTANTS[constant[1]]
            return lambda document: any(value is wanted for value in selector.values(document))
        if self._match(_NOT_EXISTS):
            return lambda document: not selector.values(document)
        operator = self._match(_OPERATOR)
        if operator is None:
            self._refuse()
        test = self._value_test(operator[0])
        return lambda document: any(_is_value(v) and test(v) for v in selector.values(document))

    def _value_test(self, operator: str) -> _Test:
        self._skip()
        if self._text.startswith('"', self._at):
            phrase, self._at = phrase_at(self._text, self._at)
            return self._text_test(operator, like(phrase))
        if self._text.startswith("%", self._at):
            self._expressions += 1
            if self._expressions > _MOST_EXPRESSIONS:
                raise InvalidParameter(
                    "Invalid filter pattern: more than 2 regular expressions in it"
                )
            expression, self._at = regex_at(self._text, self._at)
            return self._text_test(operator, expression)
        bare = self._match(_BARE)
        if bare is None:
            self._refuse()
        if _NUMBER.fullmatch(bare[0]):
            return _number_test(operator, bare[0])
        if not _TEXT.fullmatch(bare[0]):
            raise InvalidParameter(f"Invalid character(s) in term '{bare[0]}'")
        return self._text_test(operator, like(bare[0]))

    @staticmethod
    def _text_test(operator: str, matches: Callable[[str], bool]) -> _Test:
        if operator == "=":
            return lambda value: matches(str(value))
        if operator == "!=":
            return lambda value: not matches(str(value))
        raise InvalidParameter(f"Invalid filter pattern: {operator} compares numbers only")

    def _count_wildcards(self, selector: Selector) -> None:
        self._wildcards += selector.wildcards
        if self._wildcards > _MOST_WILDCARDS:
            raise InvalidParameter("Invalid filter pattern: more than 3 wildcard selectors in it")

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _match(self, what: re.Pattern[str]) -> re.Match[str] | None:
        self._skip()
        found = what.match(self._text, self._at)
        if found:
            self._at = found.end()
            self._skip()
        return found

    def _take(self, mark: str) -> bool:
        self._skip()
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        self._skip()
        return True

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            self._refuse()

    def _refuse(self) -> NoReturn:
        self._skip()
        if self._at >= len(self._text):
            raise InvalidParameter("Invalid filter pattern: it ends too early")
        raise InvalidParameter(f"Invalid character(s) in term '{self._text[self._at]}'")


def like(pattern: str) -> Callable[[str], bool]:
    """A matcher for a string in which `*` stands for any text; takes time in proportion to the text, whatever the stars."""
    first, *rest = pattern.split("*")
    if not rest:
        return lambda text: text == pattern
    *inner, last = rest

    def matches(text: str) -> bool:
        if not (text.startswith(first) and text.endswith(last)):
            return False
        at, end = len(first), len(text) - len(last)
        for part in inner:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return at <= end

    return matches


def _is_value(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _number_test(operator: str, literal: str) -> _Test:
    """Compare with a number by value; with a string, which may be equal or not, by its text."""
    number = float(literal) if any(c in literal for c in ".eE") else int(literal)

    def of_text(value: str) -> bool:
        return (value == literal) if operator == "=" else operator == "!=" and value != literal

    compare: dict[str, _Test] = {
        "=": lambda value: bool(value == number),
        "!=": lambda value: bool(value != number),
        ">": lambda value: bool(value > number),
        "<": lambda value: bool(value < number),
        ">=": lambda value: bool(value >= number),
        "<=": lambda value: bool(value <= number),
    }
    test = compare[operator]
    return lambda value: of_text(value) if isinstance(value, str) else test(value)
