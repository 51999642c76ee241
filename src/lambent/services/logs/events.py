"""GetLogEvents."""

from collections.abc import Sequence
from typing import Any

from lambent.model.logs import LogStreamKey
from lambent.model.request import RequestContext
from lambent.services.logs.errors import LogGroupNotFound, LogStreamNotFound
from lambent.services.logs.identifiers import group_of
from lambent.services.logs.joined import lines_apart
from lambent.services.logs.tokens import EventsToken, events_token
from lambent.state.log_events import EventPage, LogEvent, LogReader

MOST_EVENTS = 10_000
PAGE_BYTES = 1 << 20


def get_log_events(
    reader: LogReader, context: RequestContext, given: dict[str, Any]
) -> dict[str, Any]:
    """One page of one stream. Raises LogGroupNotFound, LogStreamNotFound, InvalidParameter.

    Both tokens always come; the one in the direction of reading is the one that was given when there is no more for now.
    """
    key = LogStreamKey(
        account_id=context.account_id,
        region=context.region,
        group=group_of(context, given),
        stream=given["logStreamName"],
    )
    if not reader.stream_exists(key):
        where = {"account_id": key.account_id, "region": key.region, "group": key.group}
        raise LogStreamNotFound if reader.group_exists(**where) else LogGroupNotFound
    page = EventPage(
        limit=given.get("limit", MOST_EVENTS),
        max_bytes=PAGE_BYTES,
        start_ms=given.get("startTime"),
        end_ms=given.get("endTime"),
    )
    token = events_token(given["nextToken"]) if given.get("nextToken") else None
    after, before = _edges(token, from_head=bool(given.get("startFromHead")))
    events = reader.events(key=key, page=page, after=after, before=before)
    forward, backward = _tokens(token, events)
    return {
        "events": [
            {
                "timestamp": e.epoch_ms,
                "message": lines_apart(e.message),
                "ingestionTime": e.ingested_ms,
            }
            for e in events
        ],
        "nextForwardToken": str(forward),
        "nextBackwardToken": str(backward),
    }


def _edges(token: EventsToken | None, *, from_head: bool) -> tuple[int | None, int | None]:
    """The position to read after, or the one to read before; a token decides by itself, as AWS's do."""
    if token is None:
        return (0, None) if from_head else (None, None)
    return (token.position, None) if token.forward else (None, token.position)


def _tokens(
    token: EventsToken | None, events: Sequence[LogEvent]
) -> tuple[EventsToken, EventsToken]:
    if events:
        forward, backward = events[-1].position, events[0].position
    elif token is None:
        forward, backward = 0, 0
    elif token.forward:
        forward, backward = token.position, token.position + 1
    else:
        forward, backward = max(token.position - 1, 0), token.position
    return (
        EventsToken(forward=True, position=forward),
        EventsToken(forward=False, position=backward),
    )
