"""Put-, Get-, Delete- and ListProvisionedConcurrencyConfig(s) (reference 01 §8, §10, 02 §7, §12)."""

from typing import Any

import pytest

from lambent.model.concurrency import ProvisionedStanding
from tests.fakes.versions import key
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused

CONFLICT = "ResourceConflictException"
BELOW_MINIMUM = (
    "decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
)


async def versions(bench: Bench, count: int = 1, name: str = "fn") -> None:
    """A function with so many versions, and an alias `live` of the first."""
    await bench.create_active(name)
    for number in range(count):
        await bench.call("UpdateFunctionConfiguration", FunctionName=name, Timeout=number + 5)
        await bench.settle(name)
        await bench.call("PublishVersion", FunctionName=name)
        await bench.settle(name, str(number + 1))
    await bench.call("CreateAlias", FunctionName=name, Name="live", FunctionVersion="1")


async def put(
    bench: Bench, qualifier: str = "live", executions: int = 2, name: str = "fn"
) -> dict[str, Any]:
    return await bench.call(
        "PutProvisionedConcurrencyConfig",
        FunctionName=name,
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=executions,
    )


async def put_refused(
    bench: Bench, qualifier: str = "live", executions: int = 2, name: str = "fn"
) -> tuple[str, str, int]:
    return await refused(
        bench,
        "PutProvisionedConcurrencyConfig",
        FunctionName=name,
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=executions,
    )


async def get(bench: Bench, qualifier: str = "live") -> dict[str, Any]:
    return await bench.call(
        "GetProvisionedConcurrencyConfig", FunctionName="fn", Qualifier=qualifier
    )


def tell(bench: Bench, available: int, *, requested: int = 2, failure: str = "") -> None:
    bench.told.tell(
        ProvisionedStanding(
            key=key(region=bench.region),
            qualifier="live",
            requested=requested,
            allocated=min(available + 1, requested),
            available=available,
            failure=failure,
        )
    )


def golden(requested: int, available: int, allocated: int, status: str) -> dict[str, Any]:
    return {
        "RequestedProvisionedConcurrentExecutions": requested,
        "AvailableProvisionedConcurrentExecutions": available,
        "AllocatedProvisionedConcurrentExecutions": allocated,
        "Status": status,
        "LastModified": "2024-05-01T12:34:56+0000",
    }


async def test_it_is_in_progress_until_the_edge_has_them_all(bench: Bench) -> None:
    await versions(bench)
    bench.published.guided.clear()
    assert await put(bench) == golden(2, 0, 0, "IN_PROGRESS")
    assert bench.published.guided == [key(region=bench.region)]
    assert await get(bench) == golden(2, 0, 0, "IN_PROGRESS")
    tell(bench, 1)
    assert await get(bench) == golden(2, 1, 2, "IN_PROGRESS")
    tell(bench, 2)
    assert await get(bench) == golden(2, 2, 2, "READY")


async def test_it_has_failed_with_the_edge_s_reason(bench: Bench) -> None:
    """The reason is recorded."""
    await versions(bench)
    await put(bench)
    tell(bench, 0, failure="FUNCTION_ERROR_INIT_FAILURE")
    failed = golden(2, 0, 1, "FAILED") | {"StatusReason": "FUNCTION_ERROR_INIT_FAILURE"}
    assert await get(bench) == failed
    assert await put(bench) == golden(2, 0, 1, "IN_PROGRESS")


async def test_what_the_edge_has_of_an_older_number_is_not_ready(bench: Bench) -> None:
    await versions(bench)
    await put(bench)
    tell(bench, 2)
    assert await put(bench, executions=3) == golden(3, 2, 2, "IN_PROGRESS")
    assert await get(bench) == golden(3, 2, 2, "IN_PROGRESS")
    assert await put(bench, executions=1) == golden(1, 1, 1, "IN_PROGRESS")
    assert (await get(bench))["Status"] == "IN_PROGRESS"


async def test_it_is_listed_of_versions_and_aliases_in_pages(bench: Bench) -> None:
    await versions(bench, 3)
    for qualifier in ("2", "3", "live"):
        await put(bench, qualifier)
    tell(bench, 2)
    first = await bench.call("ListProvisionedConcurrencyConfigs", FunctionName="fn", MaxItems=2)
    assert [item["FunctionArn"] for item in first["ProvisionedConcurrencyConfigs"]] == [
        bench.arn("fn:2"),
        bench.arn("fn:3"),
    ]
    rest = await bench.call(
        "ListProvisionedConcurrencyConfigs", FunctionName="fn", Marker=first["NextMarker"]
    )
    assert rest == {
        "ProvisionedConcurrencyConfigs": [
            {"FunctionArn": bench.arn("fn:live")} | golden(2, 2, 2, "READY")
        ]
    }


async def test_deleting_is_no_error_where_there_is_none(bench: Bench) -> None:
    """Recorded."""
    await versions(bench)
    await put(bench)
    for _ in range(2):
        target = {"FunctionName": "fn", "Qualifier": "live"}
        assert await bench.call("DeleteProvisionedConcurrencyConfig", **target) == {}
    assert await refused(
        bench, "GetProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="live"
    ) == (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        404,
    )
    listed = await bench.call("ListProvisionedConcurrencyConfigs", FunctionName="fn")
    assert listed == {"ProvisionedConcurrencyConfigs": []}


async def test_it_ends_with_its_alias_and_with_its_function(bench: Bench) -> None:
    await versions(bench, 2)
    await put(bench)
    await put(bench, "2")
    await bench.call("DeleteAlias", FunctionName="fn", Name="live")
    listed = await bench.call("ListProvisionedConcurrencyConfigs", FunctionName="fn")
    assert len(listed["ProvisionedConcurrencyConfigs"]) == 1
    await bench.call("DeleteFunction", FunctionName="fn")
    await versions(bench)
    listed = await bench.call("ListProvisionedConcurrencyConfigs", FunctionName="fn")
    assert listed["ProvisionedConcurrencyConfigs"] == []


async def test_latest_has_no_environments_to_be_kept(bench: Bench) -> None:
    await versions(bench)
    await bench.call("CreateAlias", FunctionName="fn", Name="newest", FunctionVersion="$LATEST")
    unpublished = (
        INVALID,
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        400,
    )
    assert await put_refused(bench, "$LATEST") == unpublished
    assert await put_refused(bench, "newest") == unpublished
    for operation in ("GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"):
        answer = await refused(bench, operation, FunctionName="fn", Qualifier="$LATEST")
        assert answer == (
            INVALID,
            "The function resource provided must be an alias or a published version.",
            400,
        )


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("PutProvisionedConcurrencyConfig", {"ProvisionedConcurrentExecutions": 1}),
        ("GetProvisionedConcurrencyConfig", {}),
        ("DeleteProvisionedConcurrencyConfig", {}),
    ],
)
async def test_what_is_missing_is_named(
    bench: Bench, operation: str, members: dict[str, Any]
) -> None:
    await versions(bench)
    for name in ("fn", "no"):
        alias = await refused(bench, operation, FunctionName=name, Qualifier="staging", **members)
        arn = bench.arn(f"{name}:staging")
        assert alias == (NOT_FOUND, f"Cannot find alias arn: {arn}", 404)
        version = await refused(bench, operation, FunctionName=name, Qualifier="9", **members)
        assert version == (NOT_FOUND, f"Function not found: {bench.arn(f'{name}:9')}", 404)


async def test_the_list_of_a_missing_function_is_refused(bench: Bench) -> None:
    answer = await refused(bench, "ListProvisionedConcurrencyConfigs", FunctionName="no")
    assert answer == (NOT_FOUND, f"Function not found: {bench.arn('no')}", 404)


async def test_a_version_has_one_configuration_directly_or_through_an_alias(bench: Bench) -> None:
    """Recorded; for two aliases AWS's documentation ("Configuring provisioned concurrency") has the rule."""
    await versions(bench, 2)
    await put(bench, "1")
    with_version = (
        CONFLICT,
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
        409,
    )
    with_alias = (CONFLICT, "Version is pointed by a Provisioned Concurrency alias", 409)
    assert await put_refused(bench, "live") == with_version
    target = {"FunctionName": "fn", "Qualifier": "1"}
    await bench.call("DeleteProvisionedConcurrencyConfig", **target)
    await put(bench, "live")
    assert await put_refused(bench, "1") == with_alias
    await bench.call("CreateAlias", FunctionName="fn", Name="other", FunctionVersion="1")
    assert await put_refused(bench, "other") == with_alias
    await put(bench, "2")
    moved = {"FunctionName": "fn", "Name": "live", "FunctionVersion": "2"}
    assert await refused(bench, "UpdateAlias", **moved) == with_version
    unpublished = await refused(bench, "UpdateAlias", **(moved | {"FunctionVersion": "$LATEST"}))
    assert unpublished[0] == INVALID
    target["Qualifier"] = "2"
    await bench.call("DeleteProvisionedConcurrencyConfig", **target)
    await bench.call("UpdateAlias", **moved)
    await put(bench, "1")


async def test_an_alias_with_weights_has_none(bench: Bench) -> None:
    """Quoted by AWS's users; that a routing may be added afterwards is documented."""
    await versions(bench, 2)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    routed = {"FunctionName": "fn", "Name": "live", "RoutingConfig": weights}
    await bench.call("UpdateAlias", **routed)
    assert await put_refused(bench) == (
        INVALID,
        "Alias with weights can not be used with Provisioned Concurrency",
        400,
    )
    await bench.call(
        "UpdateAlias", **(routed | {"RoutingConfig": {"AdditionalVersionWeights": {}}})
    )
    await put(bench)
    await bench.call("UpdateAlias", **routed)


async def test_a_reservation_is_the_most_and_cannot_go_below(bench: Bench) -> None:
    """Recorded, the odd spaces too."""
    await versions(bench, 2)
    await bench.call("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=5)
    await put(bench, "live", 3)
    too_much = (
        INVALID,
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
        400,
    )
    assert await put_refused(bench, "2", 3) == too_much
    await put(bench, "2", 2)
    await put(bench, "live", 3)  # its own is not counted against it
    lower = {"FunctionName": "fn", "ReservedConcurrentExecutions": 4}
    assert await refused(bench, "PutFunctionConcurrency", **lower) == (
        INVALID,
        " ReservedConcurrentExecutions  4 should not be lower than function's total provisioned concurrency [5].",
        400,
    )


async def test_without_a_reservation_it_is_taken_from_the_account(bench: Bench) -> None:
    await versions(bench)
    await versions(bench, name="other")
    await put(bench, "live", 100)
    limits = (await bench.call("GetAccountSettings"))["AccountLimit"]
    assert limits["UnreservedConcurrentExecutions"] == 900
    await put(bench, "live", 150)
    code, message, _ = await put_refused(bench, "live", 851, "other")
    assert (code, message) == (
        INVALID,
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [850].",
    )
    code, message, _ = await put_refused(bench, "live", 751, "other")
    assert (code, message) == (
        INVALID,
        f"Specified ConcurrentExecutions for function {BELOW_MINIMUM}",
    )
    await put(bench, "live", 750, "other")
    code, message, _ = await refused(
        bench, "PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=151
    )
    assert message == f"Specified ReservedConcurrentExecutions for function {BELOW_MINIMUM}"
    await bench.call(  # what is provisioned lies in what is reserved
        "PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=150
    )
