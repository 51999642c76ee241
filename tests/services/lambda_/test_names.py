"""Names in all forms (reference 01 §2.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.model.errors import ServiceError
from lambent.services.lambda_ import names
from lambent.services.lambda_.names import Named
from tests.fakes.versions import ACCOUNT, key
from tests.services.lambda_.bench import context

OTHER = "210987654321"


def read(name: str, qualifier: str | None = None, region: str = "us-east-1") -> Named:
    members = {"FunctionName": name, "Qualifier": qualifier}
    return names.read(context(region), "GetFunction", members)


@pytest.mark.parametrize(
    ("form", "name", "qualifier"),
    [
        ("fn", "fn", ""),
        ("fn:prod", "fn", "prod"),
        ("fn:1", "fn", "1"),
        ("fn:$LATEST", "fn", "$LATEST"),
        ("fn:$LATEST.PUBLISHED", "fn", "$LATEST.PUBLISHED"),
        ("function:fn", "fn", ""),
        (f"{ACCOUNT}:function:fn", "fn", ""),
        (f"{ACCOUNT}:function:fn:prod", "fn", "prod"),
        (f"us-east-1:{ACCOUNT}:function:fn", "fn", ""),
        (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fn", "fn", ""),
        (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fn:2", "fn", "2"),
        (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function", "function", ""),
        ("function", "function", ""),
    ],
)
def test_each_form_names_its_function(form: str, name: str, qualifier: str) -> None:
    assert read(form) == Named(key=key(name), qualifier=qualifier)


def test_a_qualifier_may_be_said_twice_if_it_is_the_same() -> None:
    assert read("fn:prod", "prod") == read("fn", "prod") == read("fn:prod")


@pytest.mark.parametrize(
    ("form", "qualifier", "code", "text"),
    [
        (
            "fn:prod",
            "1",
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
        (
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:fn",
            None,
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        ),
        (
            f"arn:aws-cn:lambda:us-east-1:{ACCOUNT}:function:fn",
            None,
            "ResourceNotFoundException",
            f"Function not found: arn:aws-cn:lambda:us-east-1:{ACCOUNT}:function:fn",
        ),
        (
            f"{OTHER}:function:fn:prod",
            None,
            "AccessDeniedException",
            (
                f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: lambda:GetFunction on resource: "
                f"arn:aws:lambda:us-east-1:{OTHER}:function:fn:prod because no resource-based policy allows the "
                "lambda:GetFunction action"
            ),
        ),
    ],
)
def test_what_lies_elsewhere_is_refused(
    form: str, qualifier: str | None, code: str, text: str
) -> None:
    with pytest.raises(ServiceError) as error:
        read(form, qualifier)
    assert (error.value.code, error.value.message) == (code, text)


def test_an_arn_of_china_is_reached_there() -> None:
    arn = f"arn:aws-cn:lambda:cn-north-1:{ACCOUNT}:function:fn"
    named = read(arn, region="cn-north-1")
    assert (named.key, named.arn) == (key(region="cn-north-1"), arn)


@given(
    st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True),
    st.sampled_from(["", "$LATEST", "1", "prod"]),
)
def test_an_arn_that_we_made_names_what_it_was_made_of(name: str, qualifier: str) -> None:
    named = Named(key=key(name), qualifier=qualifier)
    assert read(named.arn) == named
