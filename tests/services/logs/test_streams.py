"""DescribeLogStreams."""

from collections.abc import Callable
from typing import Any

import pytest

from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound
from tests.fakes.clock import ManualClock
from tests.services.logs.conftest import GROUP, NOW, A, B, Call

Say = Callable[..., None]


async def listed(call: Call, **given: Any) -> list[str]:
    """The names of all pages."""
    found: list[str] = []
    while True:
        answer = await call("DescribeLogStreams", logGroupName=GROUP, **given)
        found += [stream["logStreamName"] for stream in answer["logStreams"]]
        if "nextToken" not in answer:
            return found
        given["nextToken"] = answer["nextToken"]


async def test_a_stream_is_shown_as_aws_shows_it(call: Call, say: Say, clock: ManualClock) -> None:
    say(A, (5, "one"))
    clock.advance(3)
    say(A, (2_000, "two"))
    arn = f"arn:aws-cn:logs:cn-north-1:000000000000:log-group:{GROUP}"
    for which in ({"logGroupName": GROUP}, {"logGroupIdentifier": arn}):
        assert await call("DescribeLogStreams", **which) == {
            "logStreams": [
                {
                    "logStreamName": A,
                    "creationTime": NOW,
                    "firstEventTimestamp": NOW + 5,
                    "lastEventTimestamp": NOW + 2_000,
                    "lastIngestionTime": NOW + 3_000,
                    "arn": f"{arn}:log-stream:{A}",
                    "storedBytes": 0,
                }
            ]
        }


async def test_streams_are_ordered_by_name_or_last_event_over_pages(call: Call, say: Say) -> None:
    for name, at in (("s1", 30), ("s2", 10), ("s3", 20)):
        say(name, (at, "x"))
    for limit in (1, 2, 50):
        assert await listed(call, limit=limit) == ["s1", "s2", "s3"]
        assert await listed(call, limit=limit, descending=True) == ["s3", "s2", "s1"]
        by_event = {"limit": limit, "orderBy": "LastEventTime"}
        assert await listed(call, **by_event) == ["s2", "s3", "s1"]
        assert await listed(call, **by_event, descending=True) == ["s1", "s3", "s2"]


async def test_a_prefix_goes_with_names_only(call: Call, say: Say) -> None:
    say(A, (0, "x"))
    say(B, (0, "x"))
    assert await listed(call, logStreamNamePrefix=A[:-2]) == [A]
    with pytest.raises(InvalidParameter) as refused:
        await listed(call, logStreamNamePrefix=A, orderBy="LastEventTime")
    assert str(refused.value) == "Cannot order by LastEventTime with a logStreamNamePrefix."


@pytest.mark.parametrize(
    "which",
    [
        {"logGroupName": "/absent"},
        {"logGroupIdentifier": "/absent"},
        {"logGroupIdentifier": f"arn:aws-cn:logs:cn-north-1:111111111111:log-group:{GROUP}"},
        {"logGroupIdentifier": f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"},
        {"logGroupIdentifier": "arn:aws-cn:logs:cn-north-1:000000000000:log-group:"},
    ],
)
async def test_a_group_that_is_not_there(call: Call, say: Say, which: dict[str, str]) -> None:
    say(A, (0, "x"))
    with pytest.raises(LogGroupNotFound) as refused:
        await call("DescribeLogStreams", **which)
    assert str(refused.value) == "The specified log group does not exist."
    assert (refused.value.code, refused.value.status) == ("ResourceNotFoundException", 400)


async def test_the_group_is_named_exactly_once(call: Call) -> None:
    with pytest.raises(InvalidParameter):
        await call("DescribeLogStreams", logGroupName=GROUP, logGroupIdentifier=GROUP)
    with pytest.raises(InvalidParameter):
        await call("DescribeLogStreams")


@pytest.mark.parametrize(
    "token", ["???", "bm90aGluZw==", "LTEvYQ==", "OTk5OTk5OTk5OTk5OTk5OTk5OS9h"]
)
async def test_a_foreign_token_is_refused(call: Call, say: Say, token: str) -> None:
    say(A, (0, "x"))
    with pytest.raises(InvalidParameter, match="The specified nextToken is invalid"):
        await call("DescribeLogStreams", logGroupName=GROUP, nextToken=token)
