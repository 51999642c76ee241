"""The resource policies of functions, versions and aliases, as they are stored: each its own document."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from lambent.kit.ids import Ids
from lambent.model.alias import Alias
from lambent.model.errors import FunctionNotFound, PreconditionFailed, ResourceNotFound
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.records import OwnerMissing, Record, RecordKey
from lambent.state.stores import Stores

KIND: Final = "resource-policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy as it is kept of a function, a version or an alias."""

    document: str
    """JSON, as it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as it is shown."""

    document: str
    revision_id: str
    """That of what it is kept of: a change of the policy changes both (recorded)."""


class Policies:
    """Reads and changes them. The unqualified name and `$LATEST` are one."""

    def __init__(self, *, stores: Stores, changes: Changes, ids: Ids) -> None:
        self._records = stores.records.of(KIND, StoredPolicy)
        self._functions, self._aliases = stores.functions, stores.aliases
        self._qualifiers, self._changes, self._ids = Qualifiers(stores), changes, ids

    async def has_function(self, named: Named) -> bool:
        """Whether the function is there, whatever its qualifier."""
        return await self._functions.get(named.key) is not None

    async def get(self, named: Named) -> Policy | None:
        """The policy of what `named` means, None for none. Raises ResourceNotFound when that is not there."""
        record = await self._records.get(_key(named))
        if record is None:
            return None
        owner = await self.owner(named)
        return Policy(document=record.body.document, revision_id=owner.revision_id)

    async def owner(self, named: Named) -> FunctionVersion | Alias:
        """What `named` means. Raises ResourceNotFound in the words of what is missing: function, alias or version."""
        await self._qualifiers.demand_function(named)
        qualifier = named.qualifier or LATEST
        if _is_version(qualifier):
            stored = await self._functions.get(named.key._replace(version=qualifier))
            if stored is None:
                raise FunctionNotFound(named.arn)
            return stored.configured
        return await self._qualifiers.alias(named, qualifier)

    async def change(
        self,
        named: Named,
        edit: Callable[[str | None], str | None],
        *,
        revision_id: str | None,
        stale: str,
    ) -> Policy | None:
        """Put what `edit` makes of the present document in its place; None stands for no policy, both ways.

        Of two at once neither is lost: the later is made of what the earlier left. Raises PreconditionFailed with the
        text `stale` when `revision_id` is another one than the present, ResourceNotFound as `owner`, and what `edit` raises.
        """
        while True:
            owner = await self.owner(named)
            if revision_id and revision_id != owner.revision_id:
                raise PreconditionFailed(stale)
            before = await self._records.get(_key(named))
            document = edit(before.body.document if before else None)
            # The revision goes first: a crash in between leaves the old policy under a new one, which misleads nobody.
            revised = await self._revise(owner)
            if revised is None or not await self._store(named, before, document):
                continue
            return None if document is None else Policy(document=document, revision_id=revised)

    async def _revise(self, owner: FunctionVersion | Alias) -> str | None:
        """Give what has the policy a new revision; None when somebody was first."""
        if isinstance(owner, FunctionVersion):
            return await self._changes.revise(owner)
        revised = replace(owner, revision_id=self._ids.uuid())
        if not await self._aliases.replace(revised, if_revision=owner.revision_id):
            return None
        return revised.revision_id

    async def _store(
        self, named: Named, before: Record[StoredPolicy] | None, document: str | None
    ) -> bool:
        """False when somebody was first, or when what it would be kept of has gone meanwhile."""
        key = _key(named)
        try:
            if document is None:
                return before is not None and await self._records.delete(
                    key, if_revision=before.revision
                )
            body = StoredPolicy(document=document)
            if before is None:
                return await self._records.create(key, body)
            return await self._records.put(key, body, if_revision=before.revision)
        except OwnerMissing:
            return False


def missing() -> ResourceNotFound:
    """What is answered where there is no policy (recorded)."""
    return ResourceNotFound("The resource you requested does not exist.")


def _is_version(qualifier: str) -> bool:
    """Whether it can name no alias: a number, or with a `$` (recorded: that is not found as a function is)."""
    return qualifier.isdecimal() or "$" in qualifier


def _key(named: Named) -> RecordKey:
    qualifier = "" if named.qualifier == LATEST else named.qualifier
    return RecordKey.of_function(named.key, qualifier=qualifier)
