"""`lambent logs`: the last lines that a function wrote."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from lambent.cli.connection import Connection
from lambent.cli.failure import ApiFailure, CommandFailure
from lambent.cli.functions import Name
from lambent.cli.session import (
    DEFAULT_ENDPOINT,
    AsJson,
    Endpoint,
    Region,
    connect,
    reporting,
    say,
    say_json,
)

_TARGET: Final = "Logs_20140328."
_LARGEST_PAGE: Final = 10_000


@reporting
def logs(
    *,
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=_LARGEST_PAGE, help="How many lines.")] = 100,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Print them, oldest first."""
    try:
        events = _latest(connect(context, endpoint, region), f"/aws/lambda/{_plain(name)}", limit)
    except ApiFailure as failure:
        if failure.code != "ResourceNotFoundException":
            raise
        raise CommandFailure(
            f"{name} has written nothing: it was not invoked yet, or there is no such function.\n"
            "  `{lambent} functions` lists the functions of this region."
        ) from failure
    if as_json:
        say_json({"events": events})
        return
    for event in events:
        say(str(event["message"]).rstrip("\n"))


def _plain(name: str) -> str:
    """The function's bare name, of an ARN too."""
    return name.rpartition(":function:")[2].partition(":")[0]


def _latest(connection: Connection, group: str, limit: int) -> list[dict[str, Any]]:
    """The group's `limit` latest events: streams are read latest first until older ones can't matter."""
    events: list[dict[str, Any]] = []
    for stream in _streams(connection, group):
        last = stream.get("lastEventTimestamp")
        if len(events) >= limit and last is not None and last < events[-limit]["timestamp"]:
            break
        page = connection.target(
            "logs",
            _TARGET + "GetLogEvents",
            {
                "logGroupName": group,
                "logStreamName": stream["logStreamName"],
                "startFromHead": False,
                "limit": limit,
            },
        )
        events += page["events"]
        events.sort(key=lambda event: int(event["timestamp"]))
    return events[-limit:]


def _streams(connection: Connection, group: str) -> Iterator[dict[str, Any]]:
    request: dict[str, object] = {
        "logGroupName": group,
        "orderBy": "LastEventTime",
        "descending": True,
        "limit": 50,
    }
    while True:
        page = connection.target("logs", _TARGET + "DescribeLogStreams", request)
        yield from page["logStreams"]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]
