"""A result as JSON: equal to the stdlib's where that is what AWS answers, and AWS's answer where it is not."""

import json
from collections import OrderedDict, namedtuple
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lambent_python.results import Encoder

Point = namedtuple("Point", "x y")  # noqa: PYI024  # what functions return is untyped


class Colour(IntEnum):
    BLUE = 3


class Row:
    def _asdict(self) -> dict[str, int]:
        return {"id": 1}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(PLAIN, st.booleans())
def test_plain_values_are_what_the_stdlib_makes_of_them(value: Any, ascii_only: bool) -> None:
    expected = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert Encoder(ascii_only=ascii_only).encode(value) == expected


@settings(deadline=None)
@given(PLAIN, st.booleans())
def test_the_slow_way_answers_as_the_fast_one(value: Any, ascii_only: bool) -> None:
    encoder = Encoder(ascii_only=ascii_only)
    assert encoder.encode([value, Decimal(7)]) == encoder.encode([value, 7])


# What simplejson 4.3 answered in awslambdaric 4.2.2.
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Point(1, 2), '{"x": 1, "y": 2}'),
        ([Point(1, Point(2, 3))], '[{"x": 1, "y": {"x": 2, "y": 3}}]'),
        ({"a": b"x"}, '{"a": "x"}'),
        ({b"k": 1}, '{"k": 1}'),
        (float("nan"), "NaN"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1.10"), "1.10"),
        (Decimal("Infinity"), "Infinity"),
        ([float("-inf")], "[-Infinity]"),
        ({None: 1, True: 2, 1.5: 3, 7: 4}, '{"null": 1, "true": 2, "1.5": 3, "7": 4}'),
        (Row(), '{"id": 1}'),
        ({"row": Row()}, '{"row": {"id": 1}}'),
        (2**70, "1180591620717411303424"),
        (1e22, "1e+22"),
        (Colour.BLUE, "3"),
        (OrderedDict(b=1, a=Point(0, 0)), '{"b": 1, "a": {"x": 0, "y": 0}}'),
        ([Decimal(1), [], {}, ()], "[1, [], {}, []]"),
        ("\x7f</script>\u2028", '"\x7f</script>\u2028"'),
    ],
)
def test_values_beyond_the_stdlib_are_aws_s(value: Any, expected: str) -> None:
    assert Encoder(ascii_only=False).encode(value) == expected.encode()


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ({"a": object()}, TypeError, "Object of type object is not JSON serializable"),
        ({1, 2}, TypeError, "Object of type set is not JSON serializable"),
        (bytearray(b"x"), TypeError, "Object of type bytearray is not JSON serializable"),
        ([Decimal(1), object()], TypeError, "Object of type object is not JSON serializable"),
        (
            {(1,): 2},
            TypeError,
            "keys must be str, int, float, bool or None, not tuple",
        ),
        (
            {"a": b"\xff"},
            UnicodeDecodeError,
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
    ],
)
def test_what_is_refused_is_refused_in_aws_s_words(
    value: Any, kind: type[Exception], message: str
) -> None:
    encoder = Encoder(ascii_only=False)
    for _ in range(2):
        with pytest.raises(kind) as caught:
            encoder.encode(value)
        assert str(caught.value) == message
    assert encoder.encode([1]) == b"[1]"


@pytest.mark.parametrize("inside", [1, Decimal(1), Point(1, 2)])
def test_a_circle_is_refused_each_time_and_spoils_nothing(inside: Any) -> None:
    encoder = Encoder(ascii_only=False)
    circle: list[Any] = [inside]
    circle.append(circle)
    for _ in range(2):
        with pytest.raises(ValueError, match="Circular reference detected"):
            encoder.encode(circle)
    assert encoder.encode(inside)


def test_a_value_that_is_too_deep_raises_and_spoils_nothing() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    encoder = Encoder(ascii_only=True)
    with pytest.raises(RecursionError):
        encoder.encode(deep)
    assert encoder.encode([[]]) == b"[[]]"
    while deep:  # taken apart by hand: freeing it whole would recurse as deep
        deep = deep[0]
