"""The page that tells which operations are built."""

import json

import pytest

from lambent.daemon.operations import ServiceOperations, operations_page


def test_each_operation_of_a_model_is_told_with_whether_it_is_built() -> None:
    page = operations_page(
        {"lambda": ServiceOperations(modelled=["Invoke", "AddPermission"], built={"Invoke"})}
    )
    assert json.loads(page) == {"services": {"lambda": {"AddPermission": False, "Invoke": True}}}


def test_a_handler_for_an_operation_that_aws_has_not_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="Invok"):
        operations_page({"lambda": ServiceOperations(modelled=["Invoke"], built=["Invok"])})
