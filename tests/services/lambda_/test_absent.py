"""What there is none of here: scaling configurations, capacity providers, durable executions (botocore model; reference 01 §8, §17)."""

import pytest

from lambent.state.marker import marker_of
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused
from tests.services.lambda_.test_policies import published

SCALING = {"MinExecutionEnvironments": 1, "MaxExecutionEnvironments": 2}


@pytest.mark.parametrize("operation", ["GetFunctionScalingConfig", "PutFunctionScalingConfig"])
async def test_a_function_without_a_capacity_provider_has_no_scaling_configuration(
    bench: Bench, operation: str
) -> None:
    """The sentence is ours."""
    await published(bench)
    more = {"FunctionScalingConfig": SCALING} if operation.startswith("Put") else {}
    assert await refused(bench, operation, FunctionName="fn", Qualifier="1", **more) == (
        INVALID,
        f"The function {bench.arn('fn:1')} has no capacity provider: FunctionScalingConfig isn't supported for it.",
        400,
    )
    for name, qualifier in (("fn", "2"), ("fn", "$LATEST.PUBLISHED"), ("nobody", "1")):
        missing = f"Function not found: {bench.arn(f'{name}:{qualifier}')}"
        found = await refused(bench, operation, FunctionName=name, Qualifier=qualifier, **more)
        assert found == (NOT_FOUND, missing, 404)


async def test_there_are_no_capacity_providers_and_none_is_made(bench: Bench) -> None:
    """Not found: reference 01 §8."""
    assert await bench.call("ListCapacityProviders", State="Active") == {"CapacityProviders": []}
    assert "CreateCapacityProvider" not in bench.handlers(), "it would be a lie: 501"
    arn = bench.arn("").replace("function:", "capacity-provider:mine")
    expected = NOT_FOUND, f"Capacity provider not found: {arn}", 404
    for operation in (
        "GetCapacityProvider",
        "UpdateCapacityProvider",
        "DeleteCapacityProvider",
        "ListFunctionVersionsByCapacityProvider",
    ):
        for name in ("mine", arn):
            assert await refused(bench, operation, CapacityProviderName=name) == expected


async def test_there_are_no_durable_executions(bench: Bench) -> None:
    """The words of not found are ours, in the manner of AWS's others."""
    await published(bench)
    listed = "ListDurableExecutionsByFunction"
    for name in ("fn", "fn:1", "fn:prod"):
        answer = await bench.call(listed, FunctionName=name, Statuses=["RUNNING"], MaxItems=0)
        assert answer == {"DurableExecutions": []}
    missing = NOT_FOUND, f"Function not found: {bench.arn('nobody')}", 404
    assert await refused(bench, listed, FunctionName="nobody") == missing
    arn = bench.arn("fn:1/durable-execution/name/id")
    expected = NOT_FOUND, f"Durable execution not found: {arn}", 404
    for operation in ("GetDurableExecution", "GetDurableExecutionHistory"):
        assert await refused(bench, operation, DurableExecutionArn=arn) == expected


@pytest.mark.parametrize(
    ("operation", "needed"),
    [("ListCapacityProviders", {}), ("ListDurableExecutionsByFunction", {"FunctionName": "fn"})],
)
async def test_even_an_empty_list_takes_only_markers_that_could_be_ours(
    bench: Bench, operation: str, needed: dict[str, str]
) -> None:
    await bench.create_active()
    await bench.call(operation, **needed, Marker=marker_of("x"))
    assert (await refused(bench, operation, **needed, Marker="!"))[0] == INVALID
