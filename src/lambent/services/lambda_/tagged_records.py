"""Tags of what is kept as a record of its own, whose body has them in `tags`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from lambent.model.errors import ServiceError
from lambent.model.partitions import partition_of
from lambent.model.request import RequestContext
from lambent.state.records import Record, RecordKey, Records


class Tagged(Protocol):
    """A frozen dataclass with tags."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def tags(self) -> Mapping[str, str]:
        """Key -> value."""
        ...


Body = TypeVar("Body", bound=Tagged)


class TaggedRecords(Generic[Body]):
    """Records that outlive functions, each named in its ARN by the id of its key."""

    def __init__(self, *, records: Records[Body], missing: Callable[[str], ServiceError]) -> None:
        """`missing` makes the error for an ARN that none is found by."""
        self._records, self._missing = records, missing

    async def tags(self, context: RequestContext, _operation: str, arn: str) -> Mapping[str, str]:
        """The tags of `arn`. Raises what `missing` makes."""
        return (await self._find(context, arn)).body.tags

    async def retag(
        self,
        context: RequestContext,
        _operation: str,
        arn: str,
        change: Callable[[Mapping[str, str]], Mapping[str, str]],
    ) -> None:
        """Give it the tags that `change` makes of its present ones. Raises what `missing` and `change` raise."""
        while True:  # again when somebody was first: neither's tags may be lost
            record = await self._find(context, arn)
            body = replace(record.body, tags=change(record.body.tags))
            if await self._records.put(record.key, body, if_revision=record.revision):
                return

    async def _find(self, context: RequestContext, arn: str) -> Record[Body]:
        _, partition, _, region, account_id, _, name = arn.split(":")
        record = None
        here = (partition_of(context.region).name, context.region, context.account_id)
        if (partition, region, account_id) == here:
            record = await self._records.get(RecordKey(account_id, region, "", name))
        if record is None:
            raise self._missing(arn)
        return record
