"""Filter patterns: what Lambda's event filtering documents, and nothing else (AWS documentation: invocation-eventfiltering)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.model.errors import InvalidParameterValue
from lambent.services.lambda_.mapping_filters import is_pattern, read_filters

DEEP = '{"a":' * 60 + '["x"]' + "}" * 60


@pytest.mark.parametrize(
    "pattern",
    [
        '{"body": {"a": ["x", 1, true, null, ""]}}',
        '{"body": {"temperature": [{"numeric": [">", 0, "<=", 5.5]}]}}',
        '{"body": {"temperature": [{"numeric": ["=", 5]}, {"numeric": ["<", -1e3]}]}}',
        '{"dynamodb": {"NewImage": {"k": {"S": [{"exists": false}]}}}}',
        '{"data": {"city": [{"prefix": "B"}, {"suffix": "n"}]}}',
        '{"data": {"city": [{"prefix": {"equals-ignore-case": "b"}}]}}',
        '{"data": {"city": [{"equals-ignore-case": "bonn"}]}}',
        '{"data": {"city": [{"anything-but": "Bonn"}, {"anything-but": 7}]}}',
        '{"data": {"city": [{"anything-but": ["Bonn", "Ulm"]}, {"anything-but": [1, 2]}]}}',
        '{"data": {"city": [{"anything-but": {"prefix": "B"}}]}}',
        '{"data": {"$or": [{"city": ["Bonn"]}, {"zip": [{"prefix": "53"}]}]}}',
        '{"value": ["plain text"]}',
        DEEP,
    ],
)
def test_a_documented_pattern_is_taken(pattern: str) -> None:
    assert is_pattern(pattern)
    assert read_filters({"Filters": [{"Pattern": pattern}]}) == (pattern,)


@pytest.mark.parametrize(
    "pattern",
    [
        "single-string",  # recorded
        '[{"eventName": ["INSERT"=123}]',  # recorded
        "",
        "null",
        "7",
        '["a"]',
        "{}",
        '{"a": "x"}',  # recorded: a leaf is a list
        '{"a": 1}',
        '{"a": null}',
        '{"a": []}',
        '{"a": {}}',
        '{"a": [["x"]]}',
        '{"a": [{}]}',
        '{"a": [{"prefix": "x", "suffix": "y"}]}',
        '{"a": [{"begins": "x"}]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"a": [{"equals-ignore-case": ["x"]}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": ["x", 1]}]}',
        '{"a": [{"anything-but": {"numeric": [">", 1]}}]}',
        '{"a": [{"numeric": []}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": [">", "1"]}]}',
        '{"a": [{"numeric": [">", true]}]}',
        '{"a": [{"numeric": ["~", 1]}]}',
        '{"a": [{"numeric": ["<", 1, "<", 2]}]}',
        '{"a": [{"numeric": ["=", 1, "<", 2]}]}',
        '{"$or": [{"a": ["x"]}]}',
        '{"$or": {"a": ["x"]}}',
        '{"$or": [{"a": ["x"]}, {"b": "y"}]}',
        '{"a": [NaN]}',
        '{"a": ["x"]',
        '{"a":' * 5_000 + '["x"]' + "}" * 5_000,
    ],
)
def test_anything_else_is_no_pattern(pattern: str) -> None:
    assert not is_pattern(pattern)
    with pytest.raises(InvalidParameterValue) as refused:
        read_filters({"Filters": [{"Pattern": pattern}]})
    assert refused.value.message == "Invalid filter pattern definition."  # recorded


@pytest.mark.parametrize("criteria", [{}, {"Filters": []}, {"Filters": None}])
def test_no_filters_are_none(criteria: dict[str, object]) -> None:
    assert read_filters(criteria) == ()


def test_a_filter_without_a_pattern_is_refused() -> None:
    without: list[list[Any]] = [[{}], [None], [{"Pattern": None}]]
    for filters in without:
        with pytest.raises(InvalidParameterValue, match=r"Invalid filter pattern definition\."):
            read_filters({"Filters": filters})


def test_there_are_five_filters_at_most() -> None:
    one = {"Pattern": '{"a": ["x"]}'}
    assert len(read_filters({"Filters": [one] * 5})) == 5
    with pytest.raises(InvalidParameterValue) as refused:  # recorded
        read_filters({"Filters": [one] * 11})
    assert refused.value.message == (
        "Too many filter patterns, maximum allowed 5 patterns, provided 11 patterns."
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part, max_size=3)
    ),
    max_leaves=8,
)
LITERALS = st.lists(st.none() | st.booleans() | st.integers() | st.text(), min_size=1, max_size=3)
NAMES = st.text(max_size=2)
"""Too short for `$or`."""
PATTERNS = st.recursive(
    st.dictionaries(NAMES, LITERALS, min_size=1, max_size=3),
    lambda part: st.dictionaries(NAMES, part, min_size=1, max_size=3),
    max_leaves=4,
)


@given(JSON)
def test_whatever_is_given_there_is_an_answer(value: object) -> None:
    assert is_pattern(json.dumps(value)) in {True, False}


@given(PATTERNS)
def test_objects_of_lists_of_literals_are_patterns(pattern: dict[str, object]) -> None:
    assert is_pattern(json.dumps(pattern))
