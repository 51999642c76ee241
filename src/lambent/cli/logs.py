"""`lambent logs`: what functions wrote, and what they are writing."""

import heapq
import itertools
import re
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from lambent.cli.connection import Connection
from lambent.cli.failure import ApiFailure, CommandFailure
from lambent.cli.log_tail import LARGEST_PAGE, NOT_FOUND, TARGET, LogTail, Source, source_of
from lambent.cli.session import (
    DEFAULT_ENDPOINT,
    AsJson,
    Endpoint,
    Region,
    connect,
    reporting,
    say_json,
    say_json_line,
)
from lambent.kit.clock import SystemClock

_LINES: Final = 100
_POLL_SECONDS: Final = 0.5
_FOLLOWED_SINCE: Final = "10m"
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_COLOURS: Final = ("cyan", "green", "yellow", "magenta", "blue", "red")

Event = Mapping[str, Any]


@reporting
def logs(
    *,
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Functions or ARNs.")],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")
    ] = False,
    since: Annotated[
        str, typer.Option(metavar="AGE", help="Begin so long ago: 30s, 5m, 2h, 1d.")
    ] = "",
    pattern: Annotated[
        str, typer.Option("--filter", metavar="PATTERN", help="A CloudWatch filter pattern.")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=LARGEST_PAGE, help="How many lines at most, the latest ones."),
    ] = None,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Print the latest lines, oldest first; with --since all from then on, with --follow also what comes."""
    if follow and limit is not None:
        raise CommandFailure("--follow prints all lines; leave --limit out, or --follow.")
    connection = connect(context, endpoint, region)
    sources = list(dict.fromkeys(source_of(connection, name) for name in names))
    printer = _Printer(sources, lines=follow, as_json=as_json)
    if follow:
        _follow(_tails(connection, sources, since or _FOLLOWED_SINCE, pattern), sources, printer)
    elif since or pattern:
        tails = _tails(connection, sources, since, pattern)
        kept = limit or (None if since else _LINES)
        found = deque(_merged(tails), kept)
        for source, tail in zip(sources, tails, strict=True):
            if not tail.found:
                raise CommandFailure(_nothing(source))
        printer.show(found)
    else:
        latest = [(s, _latest(connection, s, limit or _LINES)) for s in sources]
        tagged = [(event, source.name) for source, events in latest for event in events]
        tagged.sort(key=lambda pair: int(pair[0]["timestamp"]))
        printer.show(tagged[-(limit or _LINES) :])


class _Printer:
    """Prints events: as they are, below a coloured name where there are several, or as JSON."""

    def __init__(self, sources: Sequence[Source], *, lines: bool, as_json: bool) -> None:
        self._lines, self._as_json = lines, as_json
        names = [source.name for source in sources]
        width = max(map(len, names))
        self._prefixes = {
            name: typer.style(f"{name:<{width}} | ", fg=colour) if len(names) > 1 else ""
            for name, colour in zip(names, itertools.cycle(_COLOURS), strict=False)
        }

    def show(self, events: Iterable[tuple[Event, str]]) -> None:
        """Print them; JSON of what is whole is one document, and of what goes on a line an event."""
        if self._as_json and not self._lines:
            say_json({"events": [{**event, "function": name} for event, name in events]})
            return
        for event, name in events:
            if self._as_json:
                say_json_line({"function": name, **event})
            else:
                typer.echo(self._prefixes[name] + str(event["message"]).rstrip("\n"))


def _follow(tails: Sequence[LogTail], sources: Sequence[Source], printer: _Printer) -> None:
    for source in sources:
        if not source.exists:
            sys.stderr.write(
                f"lambent: there is no function {source.name} now; waiting for its log\n"
            )
    try:
        while True:
            printer.show(_merged(tails))
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return


def _tails(
    connection: Connection, sources: Sequence[Source], since: str, pattern: str
) -> Sequence[LogTail]:
    clock = SystemClock()
    since_ms = clock.epoch_ms() - _age_ms(since) if since else 0
    return [
        LogTail(
            connection=connection, source=source, since_ms=since_ms, pattern=pattern, clock=clock
        )
        for source in sources
    ]


def _merged(tails: Sequence[LogTail]) -> Iterator[tuple[Event, str]]:
    """What is new in any of them, by time."""
    return heapq.merge(
        *(_tagged(tail) for tail in tails), key=lambda pair: int(pair[0]["timestamp"])
    )


def _tagged(tail: LogTail) -> Iterator[tuple[Event, str]]:
    for event in tail.fresh():
        yield event, tail.name


def _age_ms(text: str) -> int:
    age = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    if age is None:
        raise CommandFailure(f'"{text}" is no age such as 30s, 5m, 2h or 1d.')
    return int(age[1]) * _UNITS[age[2]] * 1_000


def _latest(connection: Connection, source: Source, limit: int) -> list[dict[str, Any]]:
    """The function's `limit` latest events: streams are read latest first until older ones can't matter."""
    events: list[dict[str, Any]] = []
    for stream in _streams(connection, source):
        last = stream.get("lastEventTimestamp")
        if len(events) >= limit and last is not None and last < events[-limit]["timestamp"]:
            break
        if not source.owns(stream["logStreamName"]):
            continue
        page = connection.target(
            "logs",
            TARGET + "GetLogEvents",
            {
                "logGroupName": source.group,
                "logStreamName": stream["logStreamName"],
                "startFromHead": False,
                "limit": limit,
            },
        )
        events += page["events"]
        events.sort(key=lambda event: int(event["timestamp"]))
    return events[-limit:]


def _streams(connection: Connection, source: Source) -> Iterator[dict[str, Any]]:
    request: dict[str, object] = {
        "logGroupName": source.group,
        "orderBy": "LastEventTime",
        "descending": True,
        "limit": 50,
    }
    while True:
        try:
            page = connection.target("logs", TARGET + "DescribeLogStreams", request)
        except ApiFailure as failure:
            if failure.code != NOT_FOUND:
                raise
            raise CommandFailure(_nothing(source)) from failure
        yield from page["logStreams"]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]


def _nothing(source: Source) -> str:
    if source.exists:
        return f"{source.name} has written nothing: it was not invoked yet."
    return (
        f"There is no function {source.name}, and no log of it.\n"
        "  `{lambent} functions` lists the functions of this region."
    )
