"""DescribeLogStreams."""

from typing import Any

from lambent.model.arn import log_stream_arn
from lambent.model.request import RequestContext
from lambent.services.logs.errors import InvalidParameter, LogGroupNotFound
from lambent.services.logs.identifiers import group_of
from lambent.services.logs.tokens import stream_after, stream_token
from lambent.state.log_events import LogReader, LogStream

_PAGE = 50


def describe_log_streams(
    reader: LogReader, context: RequestContext, given: dict[str, Any]
) -> dict[str, Any]:
    """One page of a group's streams. Raises LogGroupNotFound, InvalidParameter."""
    group = group_of(context, given)
    by_last_event = given.get("orderBy") == "LastEventTime"
    prefix = given.get("logStreamNamePrefix", "")
    if by_last_event and prefix:
        raise InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
    where = {"account_id": context.account_id, "region": context.region, "group": group}
    if not reader.group_exists(**where):
        raise LogGroupNotFound
    limit = given.get("limit", _PAGE)
    token = given.get("nextToken")
    found = reader.streams(
        **where,
        prefix=prefix,
        by_last_event=by_last_event,
        descending=bool(given.get("descending")),
        after=stream_after(token) if token else None,
        limit=limit + 1,
    )
    answer: dict[str, Any] = {"logStreams": [_shape(context, group, s) for s in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1]
        answer["nextToken"] = stream_token(last.last_event_ms, last.name)
    return answer


def _shape(context: RequestContext, group: str, stream: LogStream) -> dict[str, Any]:
    arn = log_stream_arn(
        region=context.region, account_id=context.account_id, group=group, stream=stream.name
    )
    shape: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created_ms,
        "lastEventTimestamp": stream.last_event_ms,
        "lastIngestionTime": stream.last_ingestion_ms,
        "arn": arn,
        "storedBytes": 0,  # AWS has not counted streams since June 2019
    }
    if stream.first_event_ms is not None:
        shape["firstEventTimestamp"] = stream.first_event_ms
    return shape
