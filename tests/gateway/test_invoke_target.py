"""How a function is named, and what is said of a name that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.gateway.invoke_target import INVOKE_TARGET
from tests.gateway.invoke_front import ARN, HELLO, Front
from tests.wire.botocore_side import service_model

MEMBERS = service_model("lambda").operation_model("Invoke").input_shape.members
NAME_PATTERN = MEMBERS["FunctionName"].metadata["pattern"]
QUALIFIER_PATTERN = MEMBERS["Qualifier"].metadata["pattern"]


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.mark.parametrize(
    ("target", "invoked_arn"),
    [
        (b"hello", ARN),
        (b"hello:$LATEST", f"{ARN}:$LATEST"),
        (b"hello%3A%24LATEST", f"{ARN}:$LATEST"),
        (b"function:hello", ARN),
        (b"000000000000:function:hello", ARN),
        (b"us-east-1:000000000000:function:hello", ARN),
        (ARN.encode(), ARN),
        (b"arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Ahello", ARN),
        (ARN.encode() + b":$LATEST", f"{ARN}:$LATEST"),
    ],
)
def test_a_function_is_named_in_many_ways(front: Front, target: bytes, invoked_arn: str) -> None:
    invocation = front.invoked(b"/2015-03-31/functions/" + target + b"/invocations")
    assert invocation.invoked_arn == invoked_arn
    assert invocation.function.key.name == "hello"


def test_a_qualifier_in_the_query_is_kept_in_the_arn(front: Front) -> None:
    assert front.invoked(HELLO + b"?Qualifier=%24LATEST").invoked_arn == f"{ARN}:$LATEST"
    same = front.invoked(b"/2015-03-31/functions/hello:$LATEST/invocations?Qualifier=$LATEST")
    assert same.invoked_arn == f"{ARN}:$LATEST"


def test_two_qualifiers_that_differ_are_refused(front: Front) -> None:
    assert front.refused(b"/2015-03-31/functions/hello:1/invocations?Qualifier=2") == (
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    )


@pytest.mark.parametrize(
    ("name", "query", "arn"),
    [
        (b"nothing", b"", ARN.replace("hello", "nothing") + ":$LATEST"),
        (b"hello:live", b"", f"{ARN}:live"),
        (b"hello", b"?Qualifier=7", f"{ARN}:7"),
        (b"hello", b"?Qualifier=$latest", f"{ARN}:$latest"),
        (b"x" * 65, b"", ARN.replace("hello", "x" * 65) + ":$LATEST"),
        (ARN.encode().replace(b":hello", b""), b"", ARN.replace("hello", "function") + ":$LATEST"),
    ],
)
def test_what_does_not_exist_is_not_found(
    front: Front, name: bytes, query: bytes, arn: str
) -> None:
    target = b"/2015-03-31/functions/" + name + b"/invocations" + query
    expected = (404, "ResourceNotFoundException", f"Function not found: {arn}")
    assert front.refused(target) == expected


def test_a_function_of_another_region_is_not_reachable(front: Front) -> None:
    name = ARN.replace("us-east-1", "eu-west-1").encode()
    assert front.refused(b"/2015-03-31/functions/" + name + b"/invocations") == (
        404,
        "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    )


def test_a_function_of_another_account_is_denied(front: Front) -> None:
    name = ARN.replace("000000000000", "111122223333").encode()
    status, code, message = front.refused(b"/2015-03-31/functions/" + name + b"/invocations")
    assert (status, code) == (403, "AccessDeniedException")
    assert message == (
        "User: arn:aws:iam::000000000000:root is not authorized to perform: lambda:InvokeFunction on resource: "
        f"{name.decode()} because no resource-based policy allows the lambda:InvokeFunction action"
    )


@pytest.mark.parametrize(
    "name",
    [
        "hello:1:2",
        "hel lo",
        "a/b",
        "hello:$LATES",
        "arn:aws:lambda:function:hello",
        "arn:aws:lambda:us-east-1:hello",
        "arn:aws:lambda:hello",
        "arn:aws:s3:::x",
        "é",
        "",
    ],
)
def test_a_name_that_is_none_breaks_the_pattern(front: Front, name: str) -> None:
    if not name:
        assert front.refused(b"/2015-03-31/functions//invocations")[0] == 404
        return
    encoded = b"".join(b"%%%02X" % byte for byte in name.encode())
    assert front.refused(b"/2015-03-31/functions/" + encoded + b"/invocations") == (
        400,
        "ValidationException",
        (
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
        ),
    )


def test_several_breaches_are_counted_and_joined_the_qualifier_first(front: Front) -> None:
    target = b"/2015-03-31/functions/a b/invocations?Qualifier=x%20y"
    assert front.refused(target, headers={b"x-amz-invocation-type": b"Sync"})[2] == (
        "3 validation errors detected: "
        "Value 'x y' at 'qualifier' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {QUALIFIER_PATTERN}; "
        "Value 'Sync' at 'invocationType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Event, RequestResponse, DryRun]; "
        "Value 'a b' at 'functionName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
    )


def test_names_and_qualifiers_have_their_lengths(front: Front) -> None:
    long = b"/2015-03-31/functions/" + b"x" * 257 + b"/invocations?Qualifier=" + b"q" * 129
    message = front.refused(long)[2]
    assert (
        "at 'qualifier' failed to satisfy constraint: Member must have length less than or equal to 128"
        in message
    )
    assert (
        "at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 256"
        in message
    )


def test_an_unknown_log_type_is_refused_also_for_a_target_that_is_known(front: Front) -> None:
    front.invoked()
    front.engine.taken.clear()
    assert front.refused(headers={b"x-amz-log-type": b"tail"})[2].endswith(
        "Value 'tail' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]"
    )


@given(name=st.binary(max_size=80), query=st.binary(max_size=40))
def test_whatever_the_target_it_is_refused_as_the_model_says(name: bytes, query: bytes) -> None:
    front = Front()
    exchange = front.post(b"/2015-03-31/functions/" + name + b"/invocations?" + query)
    if exchange.answers:
        assert exchange.status in {400, 403, 404}


def test_targets_are_remembered_but_not_without_end(front: Front) -> None:
    for number in range(5_000):
        front.post(HELLO + b"?Qualifier=" + str(number).encode())
    assert len(front.application._known) <= 4_096


@pytest.mark.parametrize("target", [HELLO, HELLO + b"/", HELLO + b"?", HELLO + b"/?Qualifier=1"])
def test_invoke_is_invoke_with_a_trailing_slash_too(target: bytes) -> None:
    assert INVOKE_TARGET.fullmatch(target)


@pytest.mark.parametrize(
    "target",
    [
        b"/2015-03-31/functions//invocations",
        b"/2015-03-31/functions/a/b/invocations",
        b"/2015-03-31/functions/invocations",
        b"/2015-03-31/functions/a/invocations//",
        b"/2015-03-31/functions",
    ],
)
def test_only_invoke_is_invoke(target: bytes) -> None:
    assert not INVOKE_TARGET.fullmatch(target)


def test_a_trailing_slash_names_the_same_function(front: Front) -> None:
    assert front.invoked(HELLO + b"/").invoked_arn == ARN


def test_a_function_of_another_partition_is_not_found(front: Front) -> None:
    name = ARN.replace("arn:aws:", "arn:aws-cn:")
    assert front.refused(b"/2015-03-31/functions/" + name.encode() + b"/invocations") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {name}",
    )


@pytest.mark.parametrize(
    ("header", "member"),
    [(b"x-amz-tenant-id", "tenantId"), (b"x-amz-durable-execution-name", "durableExecutionName")],
)
def test_the_rarer_headers_are_validated_too_also_for_a_target_that_is_known(
    front: Front, header: bytes, member: str
) -> None:
    front.invoked()
    front.engine.taken.clear()
    status, code, message = front.refused(headers={header: b"!"})
    assert (status, code) == (400, "ValidationException")
    assert message.startswith(
        f"1 validation error detected: Value '!' at '{member}' failed to satisfy constraint: "
    )
