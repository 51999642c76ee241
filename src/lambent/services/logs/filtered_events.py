"""FilterLogEvents."""

from typing import Any

from lambent.model.request import RequestContext
from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound
from lambent.services.logs.events import MOST_EVENTS, PAGE_BYTES
from lambent.services.logs.filter_pattern import filter_pattern
from lambent.services.logs.identifiers import group_of
from lambent.services.logs.joined import lines_apart
from lambent.services.logs.tokens import ScanToken, event_id, scan_token
from lambent.state.log_events import EventPage, LogEvent, LogReader

_MOST_PAGES = 8
"""How many pages one call looks through for events that match, before it answers with what it has and a token."""
_START_OF_2024_MS = 1_704_067_200_000


def filter_log_events(
    reader: LogReader, context: RequestContext, given: dict[str, Any]
) -> dict[str, Any]:
    """One page of the events of a group that match. Raises LogGroupNotFound, InvalidParameter.

    A page may be empty and still have a token: more was to be looked through than one call does.
    """
    matches = filter_pattern(given.get("filterPattern", ""))
    streams, prefix = given.get("logStreamNames"), given.get("logStreamNamePrefix", "")
    if streams and prefix:
        raise InvalidParameter(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."
        )
    where = {
        "account_id": context.account_id,
        "region": context.region,
        "group": group_of(context, given),
    }
    token = scan_token(given["nextToken"]) if given.get("nextToken") else None
    descending = _descending(given, token)
    if not reader.group_exists(**where):
        raise LogGroupNotFound
    limit = given.get("limit", MOST_EVENTS)
    end_ms = given.get("endTime")
    found: list[LogEvent] = []
    room = PAGE_BYTES
    for _ in range(_MOST_PAGES):
        page = EventPage(
            limit=MOST_EVENTS,
            max_bytes=PAGE_BYTES,
            start_ms=given.get("startTime"),
            end_ms=None if end_ms is None else end_ms + 1,  # inclusive here, unlike GetLogEvents
        )
        events = reader.scan(
            **where,
            streams=streams,
            prefix=prefix,
            page=page,
            after=None if token is None else (token.epoch_ms, token.position),
            descending=descending,
        )
        if not events:
            return _answer(found, None)
        for event in events:
            if matches(event.message):
                size = len(event.message.encode())
                if found and size > room:
                    return _answer(found, token)
                found.append(event)
                room -= size
            token = ScanToken(descending, event.epoch_ms, event.position)
            if len(found) >= limit:
                return _answer(found, token)
    return _answer(found, token)


def _descending(given: dict[str, Any], token: ScanToken | None) -> bool:
    """The direction: the token's, else as asked for."""
    if token is not None:
        return token.descending
    if given.get("startFromHead", True):
        return False
    if given.get("startTime", 0) < _START_OF_2024_MS:
        raise InvalidParameter(
            "startFromHead=false is supported only when startTime is on or after "
            "Jan 1, 2024 00:00:00 UTC."
        )
    return True


def _answer(events: list[LogEvent], token: ScanToken | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "events": [
            {
                "logStreamName": e.stream,
                "timestamp": e.epoch_ms,
                "message": lines_apart(e.message),
                "ingestionTime": e.ingested_ms,
                "eventId": event_id(e.epoch_ms, e.position),
            }
            for e in events
        ],
        "searchedLogStreams": [],
    }
    if token is not None:
        answer["nextToken"] = str(token)
    return answer
