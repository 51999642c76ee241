"""`lambent logs` against a made-up API."""

import json
from typing import Any

import pytest

from lambent.cli.connection import Connection
from lambent.cli.log_tail import LogTail, Source
from lambent.cli.signing import Keys
from tests.cli.conftest import type_of_run
from tests.cli.endpoint import Endpoint, Reply
from tests.fakes.clock import ManualClock

CONFIGURATION = "GET /2015-03-31/functions/{}/configuration"
MISSING = Reply({"message": "no"}, 404, {"x-amzn-ErrorType": "ResourceNotFoundException"})
FILTER = "Logs_20140328.FilterLogEvents"


def event(timestamp: int, message: str, *, stream: str = "s", number: int = 0) -> dict[str, Any]:
    return {
        "timestamp": timestamp,
        "message": message,
        "logStreamName": stream,
        "eventId": f"{timestamp}-{number}",
    }


@pytest.fixture
def functions(api: Endpoint) -> None:
    for name in ("f", "other"):
        api.on(CONFIGURATION.format(name), Reply({"FunctionName": name}))


@pytest.mark.usefixtures("functions")
def test_logs_are_the_latest_lines_of_all_streams_in_order(api: Endpoint, run: type_of_run) -> None:
    streams = [
        {"logStreamName": "new", "lastEventTimestamp": 90},
        {"logStreamName": "old", "lastEventTimestamp": 50},
        {"logStreamName": "oldest", "lastEventTimestamp": 10},
    ]
    api.on("Logs_20140328.DescribeLogStreams", Reply({"logStreams": streams}))
    api.on(
        "Logs_20140328.GetLogEvents",
        Reply({"events": [event(40, "b\n"), event(90, "d\n")]}),
        Reply({"events": [event(45, "c\n"), event(30, "a\n")]}),
    )
    assert run("logs", "f", "--limit", "3").stdout == "b\nc\nd\n"
    asked = [asked.document() for asked in api.asked[1:]]
    assert [document.get("logStreamName") for document in asked] == [None, "new", "old"]
    assert asked[0]["logGroupName"] == "/aws/lambda/f"


def test_logs_of_an_arn_are_those_of_its_function(api: Endpoint, run: type_of_run) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f:1"
    api.on(CONFIGURATION.format(arn.replace(":", "%3A")), Reply({}))
    api.on("Logs_20140328.DescribeLogStreams", Reply({"logStreams": []}))
    assert json.loads(run("logs", arn, "--json").stdout) == {"events": []}
    assert api.asked[-1].document()["logGroupName"] == "/aws/lambda/f"


def test_a_function_that_logs_to_a_group_of_its_choice_is_read_there(
    api: Endpoint, run: type_of_run
) -> None:
    api.on(CONFIGURATION.format("f"), Reply({"LoggingConfig": {"LogGroup": "shared"}}))
    streams = [{"logStreamName": "2026/01/01/g[$LATEST]1", "lastEventTimestamp": 90}]
    api.on("Logs_20140328.DescribeLogStreams", Reply({"logStreams": streams}))
    assert run("logs", "f").stdout == ""
    assert api.asked[-1].document()["logGroupName"] == "shared"


@pytest.mark.parametrize("more", [(), ("--since", "5m")])
@pytest.mark.usefixtures("functions")
def test_a_function_that_has_written_nothing_is_told_of_as_such(
    api: Endpoint, run: type_of_run, more: tuple[str, ...]
) -> None:
    for target in ("DescribeLogStreams", "FilterLogEvents"):
        api.on(f"Logs_20140328.{target}", MISSING)
    result = run("logs", "f", *more)
    assert result.stderr == "lambent: f has written nothing: it was not invoked yet.\n"
    assert result.exit_code == 1


def test_without_function_and_log_the_functions_are_pointed_at(
    api: Endpoint, run: type_of_run
) -> None:
    api.on(CONFIGURATION.format("f"), MISSING)
    api.on("Logs_20140328.DescribeLogStreams", MISSING)
    assert run("logs", "f").stderr == (
        "lambent: There is no function f, and no log of it.\n"
        "  `./lambent functions` lists the functions of this region.\n"
    )


@pytest.mark.usefixtures("functions")
def test_lines_of_several_functions_are_mixed_by_time_and_named(
    api: Endpoint, run: type_of_run
) -> None:
    first = Reply({"events": [event(1, "a\n"), event(9, "c\n")], "nextToken": "t"})
    api.on(FILTER, first, Reply({"events": [event(5, "b\n")]}), Reply({"events": []}))
    result = run("logs", "f", "other", "--since", "5m", "--filter", "x")
    assert result.stdout == "f     | a\nother | b\nf     | c\n"
    assert {asked.document()["filterPattern"] for asked in api.asked[2:]} == {"x"}
    assert api.asked[-1].document()["nextToken"] == "t"


@pytest.mark.parametrize("age", ["5", "m", "5 m", "-5m", "1y"])
@pytest.mark.usefixtures("functions")
def test_what_is_no_age_is_refused(run: type_of_run, age: str) -> None:
    result = run("logs", "f", f"--since={age}")
    assert result.stderr == f'lambent: "{age}" is no age such as 30s, 5m, 2h or 1d.\n'


@pytest.mark.usefixtures("functions")
def test_a_limit_makes_no_sense_with_follow(run: type_of_run) -> None:
    assert "--follow prints all lines" in run("logs", "f", "--follow", "--limit", "3").stderr


class Window:
    """A log that answers FilterLogEvents truly, at times of the test's choice."""

    def __init__(self, api: Endpoint, *, pattern: str = "") -> None:
        self._api, self.clock = api, ManualClock(epoch_ms=1_000_000)
        keys = Keys(access_key_id="test", secret_access_key="test")
        self.tail = LogTail(
            connection=Connection(endpoint=api.url, region="r", keys=keys, clock=self.clock),
            source=Source(name="f", group="/aws/lambda/f", exists=True),
            since_ms=900_000,
            pattern=pattern,
            clock=self.clock,
        )

    def stored(self, *events: dict[str, Any]) -> list[str]:
        self._api.on(FILTER, Reply({"events": list(events)}))
        return [event["message"] for event in self.tail.fresh()]

    @property
    def start(self) -> int:
        start: int = self._api.asked[-1].document()["startTime"]
        return start


def test_an_event_is_given_once_and_a_late_one_too(api: Endpoint) -> None:
    window = Window(api)
    assert window.stored(event(950_000, "a"), event(960_000, "c")) == ["a", "c"]
    assert window.start == 900_000
    late = event(955_000, "b")
    assert window.stored(event(950_000, "a"), late, event(960_000, "c")) == ["b"]
    assert window.start == 950_000
    assert window.stored(event(950_000, "a"), late, event(960_000, "c")) == []


def test_events_of_one_instant_are_told_apart(api: Endpoint) -> None:
    window = Window(api)
    assert window.stored(event(950_000, "a", number=1)) == ["a"]
    same = [event(950_000, "a", number=1), event(950_000, "a", number=2)]
    assert window.stored(*same) == ["a"]


def test_the_window_waits_while_nothing_is_stored(api: Endpoint) -> None:
    window = Window(api)
    window.stored(event(950_000, "a"))
    window.clock.advance(3_600)
    window.stored()
    window.stored()
    assert window.start == 940_000


def test_with_a_pattern_the_window_moves_on_although_nothing_matches(api: Endpoint) -> None:
    window = Window(api, pattern="x")
    window.clock.advance(3_600)
    window.stored()
    window.stored()
    assert window.start == 1_000_000 + 3_600_000 - 70_000


def test_a_clock_that_was_ahead_does_not_hide_what_comes(api: Endpoint) -> None:
    window = Window(api)
    window.stored(event(9_000_000, "from the future"))
    window.stored()
    assert window.start == 990_000


def test_a_log_that_is_not_there_yet_has_nothing(api: Endpoint) -> None:
    window = Window(api)
    api.on(FILTER, MISSING)
    assert list(window.tail.fresh()) == []
    assert window.stored(event(950_000, "a")) == ["a"]
