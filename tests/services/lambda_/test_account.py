"""GetAccountSettings (reference 01 §7)."""

from tests.services.lambda_.bench import ZIP, Bench


async def test_limits_are_aws_s_and_usage_is_counted_for_account_and_region(bench: Bench) -> None:
    limits = {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": 1_000,
        "UnreservedConcurrentExecutions": 1_000,
    }
    empty = {"TotalCodeSize": 0, "FunctionCount": 0}
    answer = await bench.call("GetAccountSettings")
    assert answer == {"AccountLimit": limits, "AccountUsage": empty}

    await bench.create("a")
    await bench.create("b")
    answer = await bench.call("GetAccountSettings")
    assert answer["AccountUsage"] == {"TotalCodeSize": 2 * len(ZIP), "FunctionCount": 2}

    bench.region = "cn-north-1" if bench.region == "us-east-1" else "us-east-1"
    assert (await bench.call("GetAccountSettings"))["AccountUsage"] == empty


async def test_the_daemons_own_concurrency_is_the_limit(bench: Bench) -> None:
    bench.concurrent_executions = 7
    limits = (await bench.call("GetAccountSettings"))["AccountLimit"]
    assert limits["ConcurrentExecutions"] == limits["UnreservedConcurrentExecutions"] == 7
