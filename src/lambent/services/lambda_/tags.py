"""TagResource, UntagResource, ListTags. Only functions are built of what AWS lets one tag."""

from collections.abc import Mapping
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue, ResourceNotFound
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named

_MOST_TAGS: Final = 50
_NOT_FOUND: Final = {
    "code-signing-config": "The Lambda code signing configuration {arn} can not be found.",
    "event-source-mapping": "Event source mapping not found: {arn}",
    "capacity-provider": "Capacity provider not found: {arn}",
    "network-connector": "Network connector not found: {arn}",
}
"""By the kind of resource in its ARN: there are none of these here yet."""


class TagOperations:
    """Tags of what exists already; CreateFunction and GetFunction have those of a function too."""

    def __init__(self, *, changes: Changes) -> None:
        self._changes = changes

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "ListTags": self.list_tags,
        }

    async def tag_resource(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Add tags, or give those that are there another value."""
        named = _tagged(context, "TagResource", members)
        added = checked_tags(members)
        if not added:  # recorded: AWS's own words for it
            raise InvalidParameterValue("An error occurred and the request cannot be processed.")
        await self._changes.retag(named, lambda tags: _within_limit({**tags, **added}))
        return {}

    async def untag_resource(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove tags; keys that are not there are passed over."""
        named = _tagged(context, "UntagResource", members)
        removed = frozenset(members["TagKeys"])
        await self._changes.retag(
            named, lambda tags: {key: tags[key] for key in tags if key not in removed}
        )
        return {}

    async def list_tags(self, context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
        """All tags of a function."""
        version = await self._changes.configured(_tagged(context, "ListTags", members))
        return {"Tags": dict(version.tags)}


def checked_tags(members: Mapping[str, Any]) -> dict[str, str]:
    """The tags given. Raises InvalidParameterValue."""
    tags = _within_limit(members.get("Tags") or {})
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameterValue("aws: prefixed tag key names are not allowed for external use.")
    return tags


def _within_limit(tags: Mapping[str, str]) -> dict[str, str]:
    if len(tags) > _MOST_TAGS:
        raise InvalidParameterValue("Number of tags exceeds resource tag limit.")
    return dict(tags)


def _tagged(context: RequestContext, operation: str, members: Mapping[str, Any]) -> Named:
    """The function of an ARN. Raises ResourceNotFound for other kinds, InvalidParameterValue for a version or an alias."""
    arn: str = members["Resource"]
    kind = arn.split(":")[5]
    if kind in _NOT_FOUND:
        raise ResourceNotFound(_NOT_FOUND[kind].format(arn=arn))
    named = names.read(context, operation, {"FunctionName": arn})
    if named.qualifier:
        raise InvalidParameterValue(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    return named
