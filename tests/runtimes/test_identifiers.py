"""The identifiers are botocore's, and what AWS has withdrawn is refused."""

import botocore.loaders
import pytest

from lambent.runtimes.catalogue import PYTHONS
from lambent.runtimes.identifiers import IDENTIFIERS, blocked_for_create, is_known


def test_the_identifiers_are_those_of_the_model_in_its_order() -> None:
    model = botocore.loaders.Loader().load_service_model("lambda", "service-2")
    assert [identifier.name for identifier in IDENTIFIERS] == model["shapes"]["Runtime"]["enum"]


@pytest.mark.parametrize(
    "name",
    ["java8", "go1.x", "provided", "ruby2.7", "nodejs14.x", "nodejs", "python3.7", "dotnetcore3.1"],
)
def test_what_aws_has_withdrawn_is_known_and_blocked(name: str) -> None:
    assert is_known(name)
    assert blocked_for_create(name)


@pytest.mark.parametrize("name", [*PYTHONS, "nodejs18.x", "java8.al2", "provided.al2", "custom"])
def test_what_aws_still_takes_is_not_blocked(name: str) -> None:
    assert is_known(name)
    assert not blocked_for_create(name)


def test_an_unknown_identifier_is_neither_known_nor_blocked() -> None:
    assert not is_known("python4.0")
    assert not blocked_for_create("python4.0")
