"""GetLogEvents."""

from collections.abc import Callable
from typing import Any

import pytest

from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound, LogStreamNotFound
from tests.services.logs.conftest import GROUP, NOW, A, B, Call

Say = Callable[..., None]


def texts(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


async def get(call: Call, **given: Any) -> dict[str, Any]:
    return await call("GetLogEvents", logGroupName=GROUP, logStreamName=A, **given)


async def test_an_event_has_time_message_and_ingestion(call: Call, say: Say) -> None:
    say(A, (-7, "START\n"))
    answer = await get(call)
    assert answer["events"] == [{"timestamp": NOW - 7, "message": "START\n", "ingestionTime": NOW}]


async def test_without_start_from_head_the_latest_come_in_order(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(5)))
    assert texts(await get(call, limit=2)) == ["3", "4"]
    assert texts(await get(call, limit=2, startFromHead=True)) == ["0", "1"]


async def test_forward_tokens_lead_to_the_end_and_repeat_there(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(5)))
    pages, token = [], None
    while True:
        given = {"nextToken": token} if token else {"startFromHead": True}
        answer = await get(call, limit=2, **given)
        if answer["nextForwardToken"] == token:
            break
        pages.append("".join(texts(answer)))
        token = answer["nextForwardToken"]
    assert pages == ["01", "23", "4"]
    assert texts(answer) == []
    say(A, (9, "late"))
    assert texts(await get(call, nextToken=token)) == ["late"]


async def test_backward_tokens_lead_to_the_start_and_repeat_there(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(5)))
    pages, token = [], None
    while True:
        answer = await get(call, limit=2, **({"nextToken": token} if token else {}))
        if answer["nextBackwardToken"] == token:
            break
        pages.append("".join(texts(answer)))
        token = answer["nextBackwardToken"]
    assert pages == ["34", "12", "0"]


async def test_turning_round_at_an_end_misses_nothing(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(4)))
    end = (await get(call, startFromHead=True))["nextForwardToken"]
    past_end = await get(call, nextToken=end)
    assert texts(await get(call, nextToken=past_end["nextBackwardToken"])) == list("0123")
    start = (await get(call))["nextBackwardToken"]
    before_start = await get(call, nextToken=start)
    assert texts(await get(call, nextToken=before_start["nextForwardToken"])) == list("0123")


async def test_tokens_look_like_those_of_aws(call: Call, say: Say) -> None:
    say(A, (0, "x"))
    answer = await get(call)
    for name, letter in (("nextForwardToken", "f"), ("nextBackwardToken", "b")):
        kind, digits, tail = answer[name].split("/")
        assert (kind, len(digits), tail) == (letter, 56, "s")


async def test_the_end_time_is_exclusive(call: Call, say: Say) -> None:
    say(A, *((i, str(i)) for i in range(5)))
    answer = await get(call, startTime=NOW + 1, endTime=NOW + 3)
    assert texts(answer) == ["1", "2"]


async def test_a_page_holds_a_megabyte_at_most(call: Call, say: Say) -> None:
    say(A, *((i, "x" * 300_000) for i in range(5)))
    assert len(texts(await get(call, startFromHead=True))) == 3


async def test_what_does_not_exist_is_told_apart(call: Call, say: Say) -> None:
    say(B, (0, "x"))
    with pytest.raises(LogStreamNotFound) as refused:
        await get(call)
    assert str(refused.value) == "The specified log stream does not exist."
    with pytest.raises(LogGroupNotFound):
        await call("GetLogEvents", logGroupName="/absent", logStreamName=A)


@pytest.mark.parametrize(
    "token", ["x", "f/1", "f/" + "9" * 56, "g/" + "0" * 56, "f/" + "0" * 56 + "/t"]
)
async def test_a_foreign_token_is_refused(call: Call, say: Say, token: str) -> None:
    say(A, (0, "x"))
    with pytest.raises(InvalidParameter, match="The specified nextToken is invalid"):
        await get(call, nextToken=token)
