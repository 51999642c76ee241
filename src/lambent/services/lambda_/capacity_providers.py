"""ListCapacityProviders and its like: there are none here. CreateCapacityProvider is not built, and answers 501."""

from typing import Any, NoReturn

from lambent.model.arn import capacity_provider_arn
from lambent.model.errors import ResourceNotFound
from lambent.model.request import RequestContext
from lambent.services.lambda_.handlers import Handlers
from lambent.state.marker import name_of


class CapacityProviderOperations:
    """The list is truly empty, and whatever is named is truly not found: no instances would be started for one."""

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetCapacityProvider": self.missing,
            "UpdateCapacityProvider": self.missing,
            "DeleteCapacityProvider": self.missing,
            "ListCapacityProviders": self.list_capacity_providers,
            "ListFunctionVersionsByCapacityProvider": self.missing,
        }

    async def list_capacity_providers(
        self, _context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """None."""
        name_of(members.get("Marker") or "")
        return {"CapacityProviders": []}

    async def missing(self, context: RequestContext, members: dict[str, Any]) -> NoReturn:
        """Raise ResourceNotFound."""
        given: str = members["CapacityProviderName"]
        arn = given
        if not given.startswith("arn:"):
            arn = capacity_provider_arn(
                region=context.region, account_id=context.account_id, name=given
            )
        raise ResourceNotFound(f"Capacity provider not found: {arn}")
