"""PublishVersion and ListVersionsByFunction."""

from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.function import FunctionVersion
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names, shape
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.effects import refuse_unsupported
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.qualified import Qualifiers
from lambent.services.lambda_.shape import Configurations
from lambent.state.stores import Stores

_MOST_LISTED: Final = 50


class VersionOperations:
    """Published versions: frozen configurations with a number."""

    def __init__(self, *, stores: Stores, changes: Changes, configurations: Configurations) -> None:
        self._functions, self._qualifiers = stores.functions, Qualifiers(stores)
        self._changes, self._configurations = changes, configurations

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PublishVersion": self.publish_version,
            "ListVersionsByFunction": self.list_versions_by_function,
        }

    async def publish_version(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Freeze $LATEST under the next number; where nothing changed since, the last version is the answer."""
        named = names.read_function(context, "PublishVersion", members)
        refuse_unsupported(members)
        latest = await self._changes.changeable(named, revision_id=members.get("RevisionId"))
        _demand_code(latest, members.get("CodeSha256"))
        version = await self._changes.publish_version(
            latest, description=members.get("Description")
        )
        return await self._configurations.show(version, arn=version.key.arn)

    async def list_versions_by_function(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """$LATEST, then the published versions by number, at most 50 a page."""
        named = names.read(context, "ListVersionsByFunction", members)
        await self._qualifiers.demand_function(named)
        page = await self._functions.versions(
            named.key,
            marker=members.get("Marker") or "",
            limit=min(members.get("MaxItems") or _MOST_LISTED, _MOST_LISTED),
        )
        versions = [stored.configured for stored in page.items]
        shown: dict[str, Any] = {"Versions": [shape.listed(v, arn=v.key.arn) for v in versions]}
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown


def _demand_code(latest: FunctionVersion, given: str | None) -> None:
    """Raise InvalidParameterValue when a hash is given that is not that of the code."""
    current = shape.code_sha256(latest)
    if given and given != current:
        raise InvalidParameterValue(
            f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({current}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
