"""PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency (reference 01 §8, §10, 02 §12)."""

import asyncio
from typing import Any

import pytest

from lambent.model.errors import InvalidParameterValue
from tests.fakes.versions import key
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused

BELOW_MINIMUM = (
    INVALID,
    (
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution"
        " below its minimum value of [100]."
    ),
    400,
)
"""Recorded."""


async def reserve(bench: Bench, executions: int, name: str = "fn") -> dict[str, Any]:
    return await bench.call(
        "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=executions
    )


async def unreserved(bench: Bench) -> int:
    limits = (await bench.call("GetAccountSettings"))["AccountLimit"]
    assert limits["ConcurrentExecutions"] == bench.concurrent_executions
    left: int = limits["UnreservedConcurrentExecutions"]
    return left


async def test_what_is_reserved_is_shown_until_it_is_deleted(bench: Bench) -> None:
    await bench.create_active()
    assert await bench.call("GetFunctionConcurrency", FunctionName="fn") == {}
    assert "Concurrency" not in await bench.call("GetFunction", FunctionName="fn")
    assert await reserve(bench, 12) == {"ReservedConcurrentExecutions": 12}
    golden = {"ReservedConcurrentExecutions": 12}
    assert await bench.call("GetFunctionConcurrency", FunctionName=bench.arn()) == golden
    assert (await bench.call("GetFunction", FunctionName="fn"))["Concurrency"] == golden
    assert await unreserved(bench) == 988
    for _ in range(2):  # recorded: deleting again is no error
        assert await bench.call("DeleteFunctionConcurrency", FunctionName="fn") == {}
        assert await bench.call("GetFunctionConcurrency", FunctionName="fn") == {}
    assert await unreserved(bench) == 1_000
    assert bench.published.guided == [key(region=bench.region)] * 3


async def test_nothing_may_be_reserved_too(bench: Bench) -> None:
    await bench.create_active()
    assert await reserve(bench, 0) == {"ReservedConcurrentExecutions": 0}
    golden = {"ReservedConcurrentExecutions": 0}
    assert await bench.call("GetFunctionConcurrency", FunctionName="fn") == golden
    assert (await bench.call("GetFunction", FunctionName="fn"))["Concurrency"] == golden


async def test_a_hundred_are_left_to_the_others(bench: Bench) -> None:
    """The worked example of reference 02 §12."""
    for name in ("a", "b", "c"):
        await bench.create_active(name)
    await reserve(bench, 400, "a")
    await reserve(bench, 300, "b")
    assert await unreserved(bench) == 300
    assert (
        await refused(
            bench, "PutFunctionConcurrency", FunctionName="c", ReservedConcurrentExecutions=201
        )
        == BELOW_MINIMUM
    )
    await reserve(bench, 200, "c")
    assert await unreserved(bench) == 100
    await reserve(bench, 199, "c")  # its own is not counted against it
    await reserve(bench, 200, "c")
    with_less = await refused(
        bench, "PutFunctionConcurrency", FunctionName="a", ReservedConcurrentExecutions=401
    )
    assert with_less == BELOW_MINIMUM


async def test_an_account_with_less_keeps_all_of_it(bench: Bench) -> None:
    """AWS documentation: quotas of new accounts; their minimum is their limit."""
    bench.concurrent_executions = 10
    await bench.create_active()
    code, message, _ = await refused(
        bench, "PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=1
    )
    assert code == INVALID
    assert message.endswith("below its minimum value of [10].")
    await reserve(bench, 0)


async def test_a_limit_that_was_lowered_keeps_nobody_from_reserving_less(bench: Bench) -> None:
    await bench.create_active()
    await reserve(bench, 900)
    bench.concurrent_executions = 500
    assert await unreserved(bench) == 0
    await reserve(bench, 800)
    assert (
        await refused(
            bench, "PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=801
        )
        == BELOW_MINIMUM
    )


async def test_two_at_once_cannot_both_have_the_last_of_it(bench: Bench) -> None:
    await bench.create_active("a")
    await bench.create_active("b")
    handlers = bench.handlers()  # of one control process

    async def put(name: str) -> bool:
        with_rest = {"FunctionName": name, "ReservedConcurrentExecutions": 900}
        try:
            await bench.call_of(handlers, "PutFunctionConcurrency", **with_rest)
        except InvalidParameterValue:
            return False
        return True

    async with asyncio.TaskGroup() as group:
        both = [group.create_task(put(name)) for name in ("a", "b")]
    assert sorted(task.result() for task in both) == [False, True]
    assert await unreserved(bench) == 100


async def test_another_account_region_or_function_has_its_own(bench: Bench) -> None:
    await bench.create_active("a")
    await reserve(bench, 900, "a")
    bench.region = "cn-north-1" if bench.region == "us-east-1" else "us-east-1"
    assert await unreserved(bench) == 1_000
    await bench.create_active("a")
    assert await bench.call("GetFunctionConcurrency", FunctionName="a") == {}


async def test_it_ends_with_the_function(bench: Bench) -> None:
    await bench.create_active()
    await reserve(bench, 5)
    await bench.call("DeleteFunction", FunctionName="fn")
    assert await unreserved(bench) == 1_000
    await bench.create_active()
    assert await bench.call("GetFunctionConcurrency", FunctionName="fn") == {}


EACH: list[tuple[str, dict[str, Any]]] = [
    ("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 1}),
    ("GetFunctionConcurrency", {}),
    ("DeleteFunctionConcurrency", {}),
]


@pytest.mark.parametrize(
    ("operation", "members", "suffix"),
    [(*EACH[0], ":$LATEST"), (*EACH[1], ""), (*EACH[2], ":$LATEST")],
)
async def test_a_missing_function_is_named(
    bench: Bench, operation: str, members: dict[str, Any], suffix: str
) -> None:
    answer = await refused(bench, operation, FunctionName="no", **members)
    assert answer == (NOT_FOUND, f"Function not found: {bench.arn('no')}{suffix}", 404)


@pytest.mark.parametrize("qualifier", ["1", "live", "$LATEST"])
@pytest.mark.parametrize(("operation", "members"), EACH)
async def test_a_version_or_an_alias_has_none(
    bench: Bench, operation: str, members: dict[str, Any], qualifier: str
) -> None:
    """Recorded of PutFunctionConcurrency and $LATEST."""
    await bench.create_active()
    answer = await refused(bench, operation, FunctionName=f"fn:{qualifier}", **members)
    assert answer == (
        INVALID,
        (
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation."
            " Please specify either a function name or an unqualified function ARN."
        ),
        400,
    )
