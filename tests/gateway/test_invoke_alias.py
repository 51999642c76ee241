"""Invoke by version and by alias (reference 02 §1.1, §1.2)."""

from dataclasses import replace

import pytest

from lambent.model.function import FunctionVersion
from lambent.model.traffic import Route, Traffic
from tests.fakes.environments import active_function
from tests.gateway.invoke_front import HELLO, Front

ARN = "arn:aws:lambda:us-east-1:000000000000:function:hello"
LATEST = active_function()


def numbered(number: str) -> FunctionVersion:
    return replace(LATEST, key=LATEST.key._replace(version=number))


@pytest.fixture
def front() -> Front:
    front = Front()
    for number in ("1", "2"):
        front.functions.put(numbered(number))
    front.functions.guided[LATEST.key] = Traffic(
        key=LATEST.key,
        aliases={
            "live": Route(version="1", weights={"2": 0.25}),
            "only": Route(version="2"),
            "newest": Route(version="$LATEST"),
            "broken": Route(version="9"),
        },
    )
    return front


def test_a_version_is_invoked_by_its_number(front: Front) -> None:
    invocation = front.invoked(HELLO + b"?Qualifier=1")
    assert (invocation.function, invocation.invoked_arn) == (numbered("1"), f"{ARN}:1")


def test_an_alias_leads_to_its_version_and_stays_in_the_arn(front: Front) -> None:
    for name, expected in (("only", numbered("2")), ("newest", LATEST)):
        invocation = front.invoked(HELLO + b"?Qualifier=" + name.encode())
        assert (invocation.function, invocation.invoked_arn) == (expected, f"{ARN}:{name}")


@pytest.mark.parametrize(
    ("chance", "version"), [(0.0, "2"), (0.2499, "2"), (0.25, "1"), (0.99, "1")]
)
def test_weights_steer_each_invocation(front: Front, chance: float, version: str) -> None:
    front.chance = chance
    invocation = front.invoked(b"/2015-03-31/functions/hello:live/invocations")
    assert (invocation.function, invocation.invoked_arn) == (numbered(version), f"{ARN}:live")


def test_an_alias_follows_its_changes(front: Front) -> None:
    assert front.invoked(HELLO + b"?Qualifier=only").function == numbered("2")
    aliases = {"only": Route(version="1")}
    front.functions.guided[LATEST.key] = Traffic(key=LATEST.key, aliases=aliases)
    assert front.invoked(HELLO + b"?Qualifier=only").function == numbered("1")


@pytest.mark.parametrize("qualifier", ["3", "nobody", "broken", "Live", "$LATEST.PUBLISHED"])
def test_what_leads_nowhere_is_not_found(front: Front, qualifier: str) -> None:
    status, code, text = front.refused(HELLO + b"?Qualifier=" + qualifier.encode())
    assert (status, code) == (404, "ResourceNotFoundException")
    assert text == f"Function not found: {ARN}:{qualifier}"
