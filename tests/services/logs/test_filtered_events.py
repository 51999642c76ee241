"""FilterLogEvents."""

from collections.abc import Callable
from typing import Any

import pytest

from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound
from tests.services.logs.conftest import GROUP, NOW, A, B, Call

Say = Callable[..., None]


async def pages(call: Call, **given: Any) -> list[list[str]]:
    """The messages of every page."""
    found: list[list[str]] = []
    while True:
        answer = await call("FilterLogEvents", logGroupName=GROUP, **given)
        found.append([event["message"] for event in answer["events"]])
        if "nextToken" not in answer:
            return found
        given["nextToken"] = answer["nextToken"]


async def filtered(call: Call, **given: Any) -> list[str]:
    return [message for page in await pages(call, **given) for message in page]


async def test_events_of_all_streams_are_interleaved_by_time(call: Call, say: Say) -> None:
    say(A, (0, "a0"), (3, "a3"))
    say(B, (1, "b1"), (3, "b3"), (4, "b4"))
    assert await pages(call) == [["a0", "b1", "a3", "b3", "b4"]]
    assert await filtered(call, limit=2) == ["a0", "b1", "a3", "b3", "b4"]
    assert await filtered(call, interleaved=False) == ["a0", "b1", "a3", "b3", "b4"]


async def test_an_event_says_its_stream_and_an_id_of_its_own(call: Call, say: Say) -> None:
    say(A, (0, "one"), (0, "two"))
    answer = await call("FilterLogEvents", logGroupName=GROUP)
    first, second = answer["events"]
    assert answer["searchedLogStreams"] == []
    assert first["eventId"] < second["eventId"]
    assert len(first.pop("eventId")) == 56
    assert first == {
        "logStreamName": A,
        "timestamp": NOW,
        "message": "one",
        "ingestionTime": NOW,
    }


async def test_the_newest_come_first_when_asked_for(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(5)))
    backwards = {"startFromHead": False, "startTime": NOW - 1}
    assert await filtered(call, **backwards, limit=2) == list("43210")
    with pytest.raises(InvalidParameter, match="Jan 1, 2024"):
        await filtered(call, startFromHead=False)


async def test_both_times_are_inclusive(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(5)))
    assert await filtered(call, startTime=NOW + 1, endTime=NOW + 3) == ["1", "2", "3"]


async def test_streams_are_chosen_by_names_or_by_prefix(call: Call, say: Say) -> None:
    say(A, (0, "a"))
    say(B, (1, "b"))
    assert await filtered(call, logStreamNames=[B, "absent"]) == ["b"]
    assert await filtered(call, logStreamNamePrefix=A[:-3]) == ["a"]
    with pytest.raises(InvalidParameter):
        await filtered(call, logStreamNames=[A], logStreamNamePrefix="x")


async def test_a_pattern_chooses_events(call: Call, say: Say) -> None:
    say(A, *((i, "ERROR" if i % 10 == 0 else "fine") for i in range(40)))
    assert await filtered(call, filterPattern="ERROR") == ["ERROR"] * 4
    assert await pages(call, filterPattern="ERROR", limit=2) == [["ERROR"] * 2] * 2 + [[]]
    assert await filtered(call, filterPattern="absent") == []


async def test_a_rare_match_far_away_is_reached_over_empty_pages(call: Call, say: Say) -> None:
    say(A, *((i, "x" * 400_000) for i in range(40)), (99, "needle"))
    found = await pages(call, filterPattern="needle")
    assert found[0] == []
    assert found[-1] == ["needle"]


async def test_a_page_holds_a_megabyte_at_most(call: Call, say: Say) -> None:
    say(A, *((i, "x" * 300_000) for i in range(7)))
    assert [len(page) for page in await pages(call)] == [3, 3, 1]


async def test_a_group_that_is_not_there(call: Call) -> None:
    with pytest.raises(LogGroupNotFound):
        await filtered(call)


@pytest.mark.parametrize(
    "token", ["x", "f/1", "g/1/2", "f/1/99999999999999999999", "f/9999999999999999999/1"]
)
async def test_a_foreign_token_is_refused(call: Call, say: Say, token: str) -> None:
    say(A, (0, "x"))
    with pytest.raises(InvalidParameter, match="The specified nextToken is invalid"):
        await filtered(call, nextToken=token)
