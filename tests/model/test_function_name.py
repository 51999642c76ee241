"""A function's names, and what is none."""

import pytest
import regex  # type: ignore[import-untyped]  # ships no types
from hypothesis import given
from hypothesis import strategies as st

from lambent.model.function_name import WHOLE_ARN, FunctionName, parse_function_name

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn", FunctionName(name="fn")),
        ("fn:prod", FunctionName(name="fn", qualifier="prod")),
        ("function:fn:$LATEST", FunctionName(name="fn", qualifier="$LATEST")),
        (f"{ACCOUNT}:function:fn", FunctionName(name="fn", account_id=ACCOUNT)),
        (
            f"arn:aws-cn:lambda:cn-north-1:{ACCOUNT}:function:fn:7",
            FunctionName(
                name="fn",
                partition="aws-cn",
                region="cn-north-1",
                account_id=ACCOUNT,
                qualifier="7",
            ),
        ),
    ],
)
def test_every_form_says_what_it_says(text: str, expected: FunctionName) -> None:
    assert parse_function_name(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "fn:1:2",
        "fn:$LATES",
        "fn\n",
        f"{'٣' * 12}:function:fn",
        "arn:aws:s3:::fn",
        "arn:aws:lambda:fn",
        "arn:aws:lambda:us-east-1:fn",
        "arn:aws:lambda:us-east-1:function:fn",
        f"arn:aws:lambda:{ACCOUNT}:function:fn",
    ],
)
def test_what_is_no_name_names_nothing(text: str) -> None:
    assert parse_function_name(text) is None


PARTS = st.sampled_from(
    [
        "arn",
        "arn:aws:lambda:",
        "arn::lambda:",
        "us-east-1:",
        f"{ACCOUNT}:",
        "function:",
        "fn",
        ":1",
        "x",
    ]
)


@given(st.lists(PARTS, max_size=6).map("".join))
def test_the_pattern_of_whole_arns_keeps_every_name(text: str) -> None:
    if parse_function_name(text) is not None:
        assert regex.fullmatch(WHOLE_ARN, text)
