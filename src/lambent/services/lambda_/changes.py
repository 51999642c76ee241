"""How a function's record is read and changed: guarded, durable, known to the edge, and on its way to being active."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.errors import FunctionNotFound, PreconditionFailed, ResourceConflict
from lambent.model.function import FunctionKey, FunctionVersion, State, UpdateStatus
from lambent.services.lambda_.names import Named
from lambent.state.functions import Functions

_NOT_NOW: Final = "The operation cannot be performed at this time."
CREATING_REASON: Final = "The function is being created."
CREATING_CODE: Final = "Creating"


class Publisher(Protocol):
    """Who must know of a change; `catalog.feed.FeedServer` is one."""

    async def publish(self, key: FunctionKey) -> None:
        """Return once the edges know what `key` stands for now."""
        ...

    def changing(self, key: FunctionKey) -> AbstractContextManager[None]:
        """Within the block `key` is changed and published: who reads it meanwhile is answered only when the edges know."""
        ...

    async def settled(self, key: FunctionKey) -> None:
        """Return once the edges know every state of `key` that can have been read so far."""
        ...


class Activation(Protocol):
    """What makes a stored version run; `catalog.activation.Activation` is one."""

    def start(self, key: FunctionKey) -> None:
        """Have the configured version of `key` activated."""
        ...


class Changes:
    """The verbs that handlers share. A change is on disk and known to the edge when its call returns."""

    def __init__(
        self,
        *,
        functions: Functions,
        publisher: Publisher,
        activation: Activation,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._functions, self._publisher, self._activation = functions, publisher, activation
        self._clock, self._ids = clock, ids

    async def configured(self, named: Named) -> FunctionVersion:
        """The function as it is configured, once the edges know that too: who reads Active can invoke.

        Raises FunctionNotFound with the ARN as it was asked for.
        """
        stored = await self._functions.get(named.key)
        if stored is None:
            raise FunctionNotFound(named.arn)
        await self._publisher.settled(named.key)
        return stored.configured

    async def changeable(self, named: Named, *, revision_id: str | None) -> FunctionVersion:
        """As `configured`, for who wants to change it.

        Raises ResourceConflict while it is being created or updated, PreconditionFailed when `revision_id` is stale.
        """
        version = await self.configured(named)
        arn = version.key.unqualified_arn
        if version.state is State.PENDING:
            raise ResourceConflict(
                f"{_NOT_NOW} The resource {arn} is currently in the following state: '{version.state}'. "
                f"StateReasonCode: '{version.state_reason_code}'"
            )
        if version.update_status is UpdateStatus.IN_PROGRESS:
            raise _update_in_progress(arn)
        if revision_id and revision_id != version.revision_id:
            raise PreconditionFailed(
                "The Revision Id provided does not match the latest Revision Id. "
                "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
            )
        return version

    async def create(self, draft: FunctionVersion) -> FunctionVersion:
        """Store `draft` as a new, pending function. Raises ResourceConflict when the name is taken."""
        version = replace(
            draft,
            revision_id=self._ids.uuid(),
            last_modified_ms=self._clock.epoch_ms(),
            state=State.PENDING,
            state_reason=CREATING_REASON,
            state_reason_code=CREATING_CODE,
        )
        with self._publisher.changing(version.key):
            await self._functions.create(version)
            await self._bring_about(version)
        return version

    async def update(self, before: FunctionVersion, draft: FunctionVersion) -> FunctionVersion:
        """Store `draft` in place of `before`, in progress. Raises ResourceConflict when somebody was first."""
        version = replace(
            draft,
            revision_id=self._ids.uuid(),
            last_modified_ms=self._clock.epoch_ms(),
            update_status=UpdateStatus.IN_PROGRESS,
            update_reason=CREATING_REASON,  # an oddity of AWS, recorded: its words for updates too
            update_reason_code=CREATING_CODE,
        )
        with self._publisher.changing(version.key):
            if not await self._functions.replace(version, if_revision=before.revision_id):
                raise _update_in_progress(before.key.unqualified_arn)
            await self._bring_about(version)
        return version

    async def retag(
        self, named: Named, change: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> None:
        """Give a function the tags that `change` makes of its present ones, in whatever state it is.

        What runs is not touched. Raises FunctionNotFound, and what `change` raises.
        """
        with self._publisher.changing(named.key):
            while (
                True
            ):  # again when somebody was first: two may tag at once, and neither's tags may be lost
                stored = await self._functions.get(named.key)
                if stored is None:
                    raise FunctionNotFound(named.arn)
                before = stored.configured
                version = replace(before, tags=change(before.tags), revision_id=self._ids.uuid())
                if await self._functions.replace(version, if_revision=before.revision_id):
                    break
            await self._publisher.publish(named.key)

    async def delete(self, named: Named) -> None:
        """Remove the function. Raises FunctionNotFound, always with the unqualified ARN."""
        with self._publisher.changing(named.key):
            if not await self._functions.delete(named.key):
                raise FunctionNotFound(named.key.unqualified_arn)
            await self._publisher.publish(named.key)

    async def _bring_about(self, version: FunctionVersion) -> None:
        self._activation.start(version.key)
        await self._publisher.publish(version.key)


def _update_in_progress(arn: str) -> ResourceConflict:
    return ResourceConflict(f"{_NOT_NOW} An update is in progress for resource: {arn}")
