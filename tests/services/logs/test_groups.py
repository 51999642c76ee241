"""DescribeLogGroups."""

from collections.abc import Callable
from typing import Any

import pytest

from lambent.services.logs.errors import InvalidParameter
from tests.services.logs.conftest import GROUP, NOW, A, Call

Say = Callable[..., None]


def names(answer: dict[str, Any]) -> list[str]:
    return [group["logGroupName"] for group in answer["logGroups"]]


async def test_nothing_logged_is_no_group(call: Call) -> None:
    assert await call("DescribeLogGroups") == {"logGroups": []}


async def test_a_group_has_both_arns_in_the_partition_of_its_region(call: Call, say: Say) -> None:
    say(A, (0, "hello\n"))
    arn = f"arn:aws-cn:logs:cn-north-1:000000000000:log-group:{GROUP}"
    assert await call("DescribeLogGroups") == {
        "logGroups": [
            {
                "logGroupName": GROUP,
                "creationTime": NOW,
                "metricFilterCount": 0,
                "arn": f"{arn}:*",
                "storedBytes": 32,
                "logGroupClass": "STANDARD",
                "logGroupArn": arn,
            }
        ]
    }


async def test_groups_are_paged_by_name(call: Call, say: Say) -> None:
    for number in range(5):
        say(A, (0, "x"), group=f"/g/{number}")
    found: list[str] = []
    given: dict[str, Any] = {"limit": 2, "logGroupNamePrefix": "/g/"}
    while True:
        answer = await call("DescribeLogGroups", **given)
        found += names(answer)
        if "nextToken" not in answer:
            break
        given["nextToken"] = answer["nextToken"]
    assert found == [f"/g/{number}" for number in range(5)]


async def test_a_full_last_page_has_no_token(call: Call, say: Say) -> None:
    say(A, (0, "x"), group="/g/1")
    say(A, (0, "x"), group="/g/2")
    assert "nextToken" not in await call("DescribeLogGroups", limit=2)


async def test_a_pattern_is_a_substring_and_shortens_the_answer(call: Call, say: Say) -> None:
    say(A, (0, "x"))
    say(A, (0, "x"), group="/other")
    answer = await call("DescribeLogGroups", logGroupNamePattern="lambda/he")
    assert names(answer) == [GROUP]
    assert set(answer["logGroups"][0]) == {"logGroupName", "creationTime", "arn"}


async def test_groups_are_found_by_name_or_arn(call: Call, say: Say) -> None:
    say(A, (0, "x"))
    say(A, (0, "x"), group="/other")
    arn = f"arn:aws-cn:logs:cn-north-1:000000000000:log-group:{GROUP}"
    elsewhere = arn.replace("cn-north-1", "cn-northwest-1")
    asked = ["/other", arn, "/oth", "/nothing", elsewhere]
    answer = await call("DescribeLogGroups", logGroupIdentifiers=asked)
    assert names(answer) == [GROUP, "/other"]


async def test_other_classes_and_other_accounts_have_no_groups(call: Call, say: Say) -> None:
    say(A, (0, "x"))
    assert names(await call("DescribeLogGroups", logGroupClass="DELIVERY")) == []
    others: dict[str, Any] = {"includeLinkedAccounts": True, "accountIdentifiers": ["111111111111"]}
    assert names(await call("DescribeLogGroups", **others)) == []
    others["accountIdentifiers"].append("000000000000")
    assert names(await call("DescribeLogGroups", **others)) == [GROUP]


@pytest.mark.parametrize("token", ["", "???", "AA==", "zzz"])
async def test_a_foreign_token_is_no_crash(call: Call, say: Say, token: str) -> None:
    say(A, (0, "x"))
    if token in {"", "AA=="}:
        await call("DescribeLogGroups", nextToken=token)
    else:
        with pytest.raises(InvalidParameter, match="The specified nextToken is invalid"):
            await call("DescribeLogGroups", nextToken=token)


async def test_prefix_and_pattern_exclude_each_other(call: Call) -> None:
    with pytest.raises(InvalidParameter) as refused:
        await call("DescribeLogGroups", logGroupNamePattern="a", logGroupNamePrefix="a")
    assert str(refused.value) == (
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
    )
