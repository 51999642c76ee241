"""AddPermission, RemovePermission, GetPolicy: a resource policy statement by statement."""

from functools import partial
from typing import Any

from lambent.model.errors import InvalidParameterValue, ResourceNotFound
from lambent.model.function import LATEST
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import STALE
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.policy_documents import (
    statement_of,
    text_of,
    with_statement,
    without_statement,
)
from lambent.services.lambda_.policy_store import Policies, missing


class PolicyOperations:
    """Permissions of functions, versions and aliases."""

    def __init__(self, *, policies: Policies) -> None:
        self._policies = policies

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "GetPolicy": self.get_policy,
        }

    async def add_permission(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Add a statement; the answer is the statement as it is stored."""
        named = names.read(context, "AddPermission", members)
        demand_published(named)
        await self._policies.owner(named)
        statement = statement_of(members, resource=named.arn, region=context.region)
        await self._policies.change(
            named,
            partial(with_statement, statement=statement),
            revision_id=members.get("RevisionId"),
            stale=STALE,
        )
        return {"Statement": text_of(statement)}

    async def remove_permission(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove a statement; with the last one the policy goes."""
        named = names.read(context, "RemovePermission", members)
        if not await self._policies.has_function(named):
            raise ResourceNotFound(f"No policy found for: {named.key.unqualified_arn}")
        await self._policies.change(
            named,
            partial(without_statement, sid=members["StatementId"]),
            revision_id=members.get("RevisionId"),
            stale=STALE,
        )
        return {}

    async def get_policy(self, context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
        """Show the whole document, and the revision of what it belongs to."""
        named = names.read(context, "GetPolicy", members)
        policy = await self._policies.get(named)
        if policy is not None:
            return {"Policy": policy.document, "RevisionId": policy.revision_id}
        if not await self._policies.has_function(named):
            raise ResourceNotFound(f"Function not found: {named.key.unqualified_arn}")
        raise missing()


def demand_published(named: Named) -> None:
    """Raise InvalidParameterValue for $LATEST by name: its policy is the function's, without a qualifier."""
    if named.qualifier == LATEST:
        raise InvalidParameterValue("We currently do not support adding policies for $LATEST.")
