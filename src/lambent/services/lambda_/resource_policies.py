"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: the same policies as `policies`, a whole document at a time."""

from typing import Any, Final

from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.policies import demand_published
from lambent.services.lambda_.policy_documents import checked
from lambent.services.lambda_.policy_store import Policies, missing

_STALE: Final = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetResourcePolicy API to retrieve the latest Revision Id"
)


class ResourcePolicyOperations:
    """Resource policies by the ARN of what they protect."""

    def __init__(self, *, policies: Policies) -> None:
        self._policies = policies

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PutResourcePolicy": self.put_resource_policy,
            "GetResourcePolicy": self.get_resource_policy,
            "DeleteResourcePolicy": self.delete_resource_policy,
        }

    async def put_resource_policy(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Put a document in the place of all statements there were."""
        named = _read(context, "PutResourcePolicy", members)
        demand_published(named)
        await self._policies.owner(named)
        document = checked(members["Policy"])
        policy = await self._policies.change(
            named, lambda _before: document, revision_id=members.get("RevisionId"), stale=_STALE
        )
        if policy is None:
            raise missing()
        return {"Policy": policy.document, "RevisionId": policy.revision_id}

    async def get_resource_policy(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show the document."""
        named = _read(context, "GetResourcePolicy", members)
        await self._policies.owner(named)
        policy = await self._policies.get(named)
        if policy is None:
            raise missing()
        return {"Policy": policy.document, "RevisionId": policy.revision_id}

    async def delete_resource_policy(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove the document with all its statements."""
        named = _read(context, "DeleteResourcePolicy", members)

        def nothing(before: str | None) -> None:
            if before is None:
                raise missing()

        await self._policies.change(
            named, nothing, revision_id=members.get("RevisionId"), stale=_STALE
        )
        return {}


def _read(context: RequestContext, operation: str, members: dict[str, Any]) -> Named:
    """What the ARN names. Raises ResourceNotFound for a customer-managed runtime: there are none."""
    arn: str = members["ResourceArn"]
    if arn.split(":")[5].startswith("runtime/"):
        raise missing()
    return names.read(context, operation, {"FunctionName": arn})
