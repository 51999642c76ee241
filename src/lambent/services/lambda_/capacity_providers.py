"""CreateCapacityProvider and its like: there are none here, and none can be made."""

from typing import Any, NoReturn

from lambent.model.arn import capacity_provider_arn
from lambent.model.errors import InvalidParameterValue, ResourceNotFound
from lambent.model.request import RequestContext
from lambent.services.lambda_.handlers import Handlers
from lambent.state.marker import name_of


class CapacityProviderOperations:
    """Lists are truly empty, whatever is named is truly not found, and making one is refused: no instances would start."""

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "CreateCapacityProvider": self.create_capacity_provider,
            "GetCapacityProvider": self.missing,
            "UpdateCapacityProvider": self.missing,
            "DeleteCapacityProvider": self.missing,
            "ListCapacityProviders": self.list_capacity_providers,
            "ListFunctionVersionsByCapacityProvider": self.missing,
        }

    async def create_capacity_provider(
        self, _context: RequestContext, _members: dict[str, Any]
    ) -> dict[str, Any]:
        """Raise InvalidParameterValue."""
        raise InvalidParameterValue(
            "lambent has no capacity providers: functions run on its own host, and no instances would be started."
        )

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
