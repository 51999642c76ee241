"""How a function's record is read and changed: guarded, durable, known to the edge, and on its way to being active."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.errors import FunctionNotFound, PreconditionFailed, ResourceConflict
from lambent.model.function import FunctionKey, FunctionVersion, State, UpdateStatus
from lambent.model.settings import SnapStart
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.stores import Stores

_NOT_NOW: Final = "The operation cannot be performed at this time."
CREATING_REASON: Final = "The function is being created."
CREATING_CODE: Final = "Creating"
STALE: Final = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)


class Publisher(Protocol):
    """Who must know of a change; `catalog.feed.FeedServer` is one."""

    async def publish(self, key: FunctionKey) -> None:
        """Return once the edges know what `key` stands for now."""
        ...

    def changing(self, key: FunctionKey) -> AbstractContextManager[None]:
        """Within the block `key` is changed and published: who reads it meanwhile is answered only when the edges know."""
        ...

    async def publish_removed(self, key: FunctionKey) -> None:
        """Return once the edges know that what `key` stood for is gone, and what it stands for now."""
        ...

    async def publish_traffic(self, key: FunctionKey) -> None:
        """Return once the edges know the aliases and the concurrency of the function of `key`."""
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
        stores: Stores,
        publisher: Publisher,
        activation: Activation,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._functions, self._publisher, self._activation = stores.functions, publisher, activation
        self._qualifiers = Qualifiers(stores)
        self._clock, self._ids = clock, ids

    async def configured(self, named: Named) -> FunctionVersion:
        """The version as it is configured, once the edges know that too: who reads Active can invoke.

        Raises FunctionNotFound with the ARN as it was asked for.
        """
        configured = (await self._qualifiers.find(named)).configured
        await self._publisher.settled(configured.key)
        return configured

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
        demand_revision(version.revision_id, revision_id)
        return version

    async def create(self, draft: FunctionVersion, *, publish: bool = False) -> FunctionVersion:
        """Store `draft` as a new, pending function; with `publish` its version 1 as well, which is what is returned then.

        Raises ResourceConflict when the name is taken.
        """
        latest = replace(
            self._pending(draft),
            tags=draft.tags,
            code_signing_config_arn=draft.code_signing_config_arn,
        )
        published = self._pending(draft) if publish else None
        with self._publisher.changing(latest.key):
            await self._functions.create(latest, published=published)
            await self._bring_about(latest)
        if published is None:
            return latest
        return await self._brought_about(replace(published, key=latest.key._replace(version="1")))

    async def update(self, before: FunctionVersion, draft: FunctionVersion) -> FunctionVersion:
        """Store `draft` in place of `before`, in progress. Raises ResourceConflict when somebody was first."""
        version = self._in_progress(draft)
        with self._publisher.changing(version.key):
            if not await self._functions.replace(version, if_revision=before.revision_id):
                raise _update_in_progress(before.key.unqualified_arn)
            await self._bring_about(version)
        return version

    async def update_and_publish(
        self, before: FunctionVersion, draft: FunctionVersion
    ) -> FunctionVersion:
        """As `update`, and publish `draft` with it: the version that has it already, else a new one, pending."""
        last = await self._last_like(draft)
        if last is not None:
            await self.update(before, draft)
            return last
        latest = self._in_progress(draft)
        return await self._publish(draft, latest=latest, before=before)

    async def publish_version(
        self, latest: FunctionVersion, *, description: str | None
    ) -> FunctionVersion:
        """Publish `latest` as it is configured: the version that has it already, else a new one.

        That one is active at once where `latest` is, as all is in place for it (recorded); one that SnapStart is for is pending.

        Raises ResourceConflict when somebody changed it meanwhile.
        """
        last = await self._last_like(latest)
        if last is not None:
            return last
        draft = latest
        if description is not None:
            draft = replace(latest, description=description, latest_description=latest.description)
        revised = replace(latest, revision_id=self._ids.uuid())
        if _runs_as_it_is(latest):
            return await self._publish_active(draft, latest=revised, before=latest)
        return await self._publish(draft, latest=revised, before=latest)

    async def _last_like(self, draft: FunctionVersion) -> FunctionVersion | None:
        """The version that was published last, if it has the content of `draft`."""
        last = await self._functions.last_published(draft.key)
        if last is None or _content(last.configured) != _content(draft):
            return None
        return last.configured

    async def _publish(
        self, draft: FunctionVersion, *, latest: FunctionVersion, before: FunctionVersion
    ) -> FunctionVersion:
        version = self._pending(draft)
        with self._publisher.changing(latest.key):
            published = await self._functions.publish(
                version, latest=latest, if_revision=before.revision_id
            )
            if published is None:
                raise _update_in_progress(latest.key.unqualified_arn)
            await self._bring_about(latest)
        return await self._brought_about(published)

    async def _publish_active(
        self, draft: FunctionVersion, *, latest: FunctionVersion, before: FunctionVersion
    ) -> FunctionVersion:
        version = replace(
            self._pending(draft),
            state=State.ACTIVE,
            state_reason="",
            state_reason_code="",
            update_status=UpdateStatus.SUCCESSFUL,
        )
        with self._publisher.changing(latest.key):
            published = await self._functions.publish(
                version, latest=latest, if_revision=before.revision_id, is_active=True
            )
            if published is None:
                raise _update_in_progress(latest.key.unqualified_arn)
            await self._publisher.publish(latest.key)
        with self._publisher.changing(published.key):
            await self._publisher.publish(published.key)
        return published

    async def _brought_about(self, published: FunctionVersion) -> FunctionVersion:
        with self._publisher.changing(published.key):
            await self._bring_about(published)
        return published

    def _pending(self, draft: FunctionVersion) -> FunctionVersion:
        """As a version begins; tags and code signing configuration are of a function, not of its versions."""
        return replace(
            draft,
            revision_id=self._ids.uuid(),
            last_modified_ms=self._clock.epoch_ms(),
            tags={},
            code_signing_config_arn="",
            state=State.PENDING,
            state_reason=CREATING_REASON,
            state_reason_code=CREATING_CODE,
            update_status=None,
            update_reason="",
            update_reason_code="",
        )

    def _in_progress(self, draft: FunctionVersion) -> FunctionVersion:
        return replace(
            draft,
            revision_id=self._ids.uuid(),
            last_modified_ms=self._clock.epoch_ms(),
            update_status=UpdateStatus.IN_PROGRESS,
            update_reason=CREATING_REASON,  # an oddity of AWS, recorded: its words for updates too
            update_reason_code=CREATING_CODE,
        )

    async def retag(
        self, named: Named, change: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> None:
        """Give a function the tags that `change` makes of its present ones, in whatever state it is.

        What runs is not touched. Raises FunctionNotFound, and what `change` raises.
        """
        await self._amend(named, lambda before: replace(before, tags=change(before.tags)))

    async def sign(self, named: Named, *, code_signing_config_arn: str) -> None:
        """Give a function another code signing configuration, in whatever state it is. Raises FunctionNotFound."""
        await self._amend(
            named, lambda before: replace(before, code_signing_config_arn=code_signing_config_arn)
        )

    async def _amend(
        self, named: Named, change: Callable[[FunctionVersion], FunctionVersion]
    ) -> None:
        """Change what is the function's as a whole and touches nothing that runs."""
        with self._publisher.changing(named.key):
            while (
                True
            ):  # again when somebody was first: of two at once neither's change may be lost
                stored = await self._functions.get(named.key)
                if stored is None:
                    raise FunctionNotFound(named.arn)
                before = stored.configured
                version = replace(change(before), revision_id=self._ids.uuid())
                if await self._functions.replace(version, if_revision=before.revision_id):
                    break
            await self._publisher.publish(named.key)

    async def revise(self, version: FunctionVersion) -> str | None:
        """Give `version` a new revision and change nothing else of it; the revision, None when somebody was first."""
        revised = replace(version, revision_id=self._ids.uuid())
        with self._publisher.changing(version.key):
            if not await self._functions.replace(revised, if_revision=version.revision_id):
                return None
            await self._publisher.publish(version.key)
        return revised.revision_id

    async def delete(self, named: Named) -> None:
        """Remove the function. Raises FunctionNotFound, always with the unqualified ARN."""
        with self._publisher.changing(named.key):
            if not await self._functions.delete(named.key):
                raise FunctionNotFound(named.key.unqualified_arn)
            await self._publisher.publish_removed(named.key)

    async def delete_version(self, key: FunctionKey) -> None:
        """Remove a published version, harmless when there is none. Raises ResourceConflict while aliases lead to it."""
        with self._publisher.changing(key):
            aliases = await self._functions.delete_version(key)
            if aliases:
                raise ResourceConflict(
                    f"Version {key.version} is referenced by the aliases [{', '.join(aliases)}]"
                )
            await self._publisher.publish_removed(key)
            await self._publisher.publish_traffic(key)

    async def _bring_about(self, version: FunctionVersion) -> None:
        self._activation.start(version.key)
        await self._publisher.publish(version.key)


def _runs_as_it_is(latest: FunctionVersion) -> bool:
    """Whether a version of `latest` needs no activation of its own."""
    return (
        latest.state is State.ACTIVE
        and latest.update_status is UpdateStatus.SUCCESSFUL
        and latest.snap_start is SnapStart.NONE
    )


def demand_revision(stored: str, given: str | None) -> None:
    """Return unless a RevisionId is given and is another one. Raises PreconditionFailed."""
    if given and given != stored:
        raise PreconditionFailed(STALE)


def _content(version: FunctionVersion) -> FunctionVersion:
    """What makes a version another one than the last: everything but how it came about.

    Of descriptions that of $LATEST counts, and not the one that a version was given when it was published (recorded).
    """
    given = version.latest_description
    return replace(
        version,
        key=version.key.latest,
        revision_id="",
        description=version.description if given is None else given,
        latest_description=None,
        last_modified_ms=0,
        tags={},
        code_signing_config_arn="",
        state=State.ACTIVE,
        state_reason="",
        state_reason_code="",
        update_status=None,
        update_reason="",
        update_reason_code="",
    )


def _update_in_progress(arn: str) -> ResourceConflict:
    return ResourceConflict(f"{_NOT_NOW} An update is in progress for resource: {arn}")
