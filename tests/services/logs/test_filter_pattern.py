"""The pattern language, with the examples of AWS's page on it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.services.logs.errors import InvalidParameter
from lambent.services.logs.filter_pattern import filter_pattern
from lambent.services.logs.json_pattern import like

LINES = {
    400: "[ERROR 400] BAD REQUEST",
    401: "[ERROR 401] UNAUTHORIZED REQUEST",
    419: "[ERROR 419] MISSING ARGUMENTS",
    420: "[ERROR 420] INVALID ARGUMENTS",
    500: "[ERROR 500] INTERNAL SERVER ERROR",
    200: "[SUCCESS 200] AUTHORIZED REQUEST",
}


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ("", [200, 400, 401, 419, 420, 500]),
        ('" "', [200, 400, 401, 419, 420, 500]),
        ("ERROR", [400, 401, 419, 420, 500]),
        ("error", []),
        ("ERROR ARGUMENTS", [419, 420]),
        ("?MISSING ?INVALID", [419, 420]),
        ("?MISSING ?INVALID REQUEST", [200, 400, 401]),
        ("?MISSING -ERROR", [200]),
        ('"INTERNAL SERVER ERROR"', [500]),
        ('"SERVER INTERNAL"', []),
        ("ERROR -ARGUMENTS", [400, 401, 500]),
        ('-"BAD REQUEST" REQUEST', [200, 401]),
        ('?"BAD REQUEST" ?SUCCESS', [200, 400]),
        ("%AUTHORIZED%", [200, 401]),
        ("%^.ERROR 4(?:0)%", None),
        (r"%4\d{2}\] [BM]%", [400, 419]),
        ("%REQUEST$% -%UN|BAD%", [200]),
    ],
)
def test_terms(pattern: str, codes: list[int] | None) -> None:
    if codes is None:
        with pytest.raises(InvalidParameter):
            filter_pattern(pattern)
        return
    matches = filter_pattern(pattern)
    assert sorted(code for code, line in LINES.items() if matches(line + "\n")) == codes


EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "cluster.name": "c",
    "latency": 50.5,
    "count": 400,
    "ok": True,
    "detail-type": "x",
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "coordinates": [[0, 1, 2], [4, 5, 6]],
    "actions": ["GET", "PUT", "DELETE"],
    "text": "400",
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{$.eventType=UpdateTrail}", True),
        ('{ $.eventType = "Update" }', False),
        ('{ $.eventType = "*Trail" }', True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[9] = "value" }', False),
        ("{ $.eventType = %Trail% }", True),
        ("{ $.eventType != %Trail% }", False),
        ("{ $.arrayKey[*] = %val.{2}% }", True),
        (r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }", True),
        ("{ $.['cluster.name'] = \"c\" }", True),
        ("{ $['cluster.name'] = \"c\" }", True),
        ("{ $.detail-type = x }", True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.eventType IS NULL }", False),
        ("{ $.ok IS TRUE }", True),
        ("{ $.ok IS FALSE }", False),
        ("{ $.count IS TRUE }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.latency > 50 }", True),
        ("{ $.latency >= 50.5 }", True),
        ("{ $.latency < 5e1 }", False),
        ("{ $.latency <= 5.05e+1 }", True),
        ("{ $.count = 400 }", True),
        ("{ $.count = 4e2 }", True),
        ("{ $.count = 4* }", True),
        ('{ $.count = "400" }', True),
        ("{ $.count != -400 }", True),
        ("{ $.text = 400 }", True),
        ("{ $.text > 1 }", False),
        ("{ $.ok = 1 }", False),
        ("{ $.user = x }", False),
        ("{ $.absent = x }", False),
        ("{ $.absent != x }", False),
        ("{ $.objectList[*].id = 2 }", True),
        ("{ $.objectList[*].id = 3 }", False),
        ("{ $.coordinates[0][1] = 1 }", True),
        ('{ ($.user.id = 1) && ($.arrayKey[0] = "value") }', True),
        ('{ $.user.id = 1 || $.coordinates[0][1] = "no" && $.actions[2] = "no" }', True),
        ('{ ($.user.id = 1 || $.coordinates[0][1] = "no") && $.actions[2] = "no" }', False),
        ('{ ($.user.id = 2 && $.eventType = "no") || $.actions[2] = "GET" }', False),
    ],
)
def test_json_patterns(pattern: str, *, expected: bool) -> None:
    matches = filter_pattern(pattern)
    assert matches(json.dumps(EVENT) + "\n") is expected
    assert not matches("no JSON at all: " + json.dumps(EVENT))
    assert not matches('{"eventType": ')
    assert not matches("[" * 100_000)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("?Status: timeout", "Invalid character(s) in term ':'"),
        ("a,b", "Invalid character(s) in term ','"),
        ("-", "Invalid character(s) in term '-'"),
        ("? x", "Invalid character(s) in term '?'"),
        ("*", "Invalid character(s) in term '*'"),
        ('"open', "Invalid filter pattern: a quotation mark is not closed"),
        ("%open", "Invalid filter pattern: a regular expression is not closed by %"),
        ("%a!%", "Invalid character(s) in term '!'"),
        ("%a(b)%", "Invalid character(s) in term '('"),
        ("%(?=a)%", "Invalid character(s) in term '('"),
        (r"%\p{L}%", "Invalid character(s) in term '\\'"),
        ("%a{e<=1}%", "Invalid character(s) in term '{'"),
        ("{ $.a = }", "Invalid character(s) in term '}'"),
        ("{ $.a = 1", "Invalid filter pattern: it ends too early"),
        ("{ $.a = 1 } x", "Invalid character(s) in term 'x'"),
        ("{ a = 1 }", "Invalid character(s) in term 'a'"),
        ('{ $."a" = 1 }', "Invalid character(s) in term '$.\"'"),
        ("{ $.a > x }", "Invalid filter pattern: > compares numbers only"),
        ("{ $.a = +-x }", "Invalid character(s) in term '+-x'"),
        ("{ $.a EXISTS }", "Invalid character(s) in term 'E'"),
        ("{ $.*.* = 1 }", "Invalid filter pattern: more than 1 wildcard in a selector"),
        (
            "{ $.*=1 || $.*=2 || $.*=3 || $.*=4 }",
            "Invalid filter pattern: more than 3 wildcard selectors in it",
        ),
        (
            "{ $.a=%a% || $.a=%b% || $.a=%c% }",
            "Invalid filter pattern: more than 2 regular expressions in it",
        ),
        (
            "{" + "(" * 400 + "$.a=1" + ")" * 400 + "}",
            "Invalid filter pattern: parentheses are nested too deeply",
        ),
    ],
)
def test_a_pattern_that_is_none_is_refused_with_its_reason(pattern: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        filter_pattern(pattern)
    assert str(refused.value) == message


def test_space_delimited_patterns_are_refused_by_name() -> None:
    with pytest.raises(InvalidParameter, match=r"space-delimited log events .* not supported"):
        filter_pattern("[ip, user, status = 4*]")


def test_an_expression_that_would_never_end_is_refused() -> None:
    matches = filter_pattern("%" + "a*" * 40 + "[bc]%")
    with pytest.raises(InvalidParameter, match="takes too long"):
        matches("a" * 50_000)


def test_many_wildcards_take_no_time() -> None:
    assert not like("*a" * 400 + "b")("a" * 100_000)


@given(st.text(alphabet='{}[]()$.=!<>&|"%*?-_ \\ab1ISNULTXE', max_size=40), st.text(max_size=20))
def test_whatever_the_pattern_it_works_or_is_refused(pattern: str, message: str) -> None:
    with suppress(InvalidParameter):
        filter_pattern(pattern)(message)


@given(st.text(alphabet="ab*", max_size=12), st.text(alphabet="ab", max_size=12))
def test_wildcards_match_as_the_definition_has_it(pattern: str, text: str) -> None:
    def by_definition(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(by_definition(pattern[1:], text[i:]) for i in range(len(text) + 1))
        return text[:1] == pattern[0] and by_definition(pattern[1:], text[1:])

    squeezed = pattern
    while "**" in squeezed:
        squeezed = squeezed.replace("**", "*")
    assert like(pattern)(text) is by_definition(squeezed, text)
