"""TagResource, UntagResource, ListTags, of whatever AWS lets one tag."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from lambent.model.errors import InvalidParameterValue, ResourceNotFound
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.tag_rules import checked_tags, within_limit

Tags = Mapping[str, str]
_ABSENT: Final = {
    "capacity-provider": "Capacity provider not found: {arn}",
    "network-connector": "Network connector not found: {arn}",
}
"""By the kind of resource in its ARN: what is answered where there are none of a kind."""


class Taggable(Protocol):
    """One kind of what may be tagged."""

    async def tags(self, context: RequestContext, operation: str, arn: str) -> Tags:
        """The tags of the resource `arn`. Raises a ServiceError when there is none that can be tagged."""
        ...

    async def retag(
        self, context: RequestContext, operation: str, arn: str, change: Callable[[Tags], Tags]
    ) -> None:
        """Give it the tags that `change` makes of its present ones; of two at once neither is lost. Raises as `tags`."""
        ...


class TagOperations:
    """Tags of what exists already; CreateFunction and its like have those of what they make."""

    def __init__(self, *, changes: Changes, kinds: Mapping[str, Taggable]) -> None:
        """`kinds`: what lies in an ARN before the name -> the resources of that kind, functions excepted."""
        absent = {kind: _Absent(sentence) for kind, sentence in _ABSENT.items()}
        self._kinds: Mapping[str, Taggable] = {
            "function": _Functions(changes=changes),
            **absent,
            **kinds,
        }

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
        added = checked_tags(members)
        if not added:  # recorded: AWS's own words for it
            raise InvalidParameterValue("An error occurred and the request cannot be processed.")
        kind, arn = self._tagged(members)
        await kind.retag(context, "TagResource", arn, lambda tags: within_limit({**tags, **added}))
        return {}

    async def untag_resource(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove tags; keys that are not there are passed over."""
        removed = frozenset(members["TagKeys"])
        kind, arn = self._tagged(members)
        await kind.retag(
            context,
            "UntagResource",
            arn,
            lambda tags: {key: tags[key] for key in tags if key not in removed},
        )
        return {}

    async def list_tags(self, context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
        """All tags of a resource."""
        kind, arn = self._tagged(members)
        return {"Tags": dict(await kind.tags(context, "ListTags", arn))}

    def _tagged(self, members: Mapping[str, Any]) -> tuple[Taggable, str]:
        """The kind of a resource, and its ARN."""
        arn: str = members["Resource"]
        return self._kinds[arn.split(":")[5]], arn


class _Functions:
    """Functions as a whole; their versions and aliases have no tags."""

    def __init__(self, *, changes: Changes) -> None:
        self._changes = changes

    async def tags(self, context: RequestContext, operation: str, arn: str) -> Tags:
        return (await self._changes.configured(_function(context, operation, arn))).tags

    async def retag(
        self, context: RequestContext, operation: str, arn: str, change: Callable[[Tags], Tags]
    ) -> None:
        await self._changes.retag(_function(context, operation, arn), change)


class _Absent:
    """A kind of which there are none here."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    async def tags(self, _context: RequestContext, _operation: str, arn: str) -> Tags:
        raise ResourceNotFound(self._sentence.format(arn=arn))

    async def retag(
        self, context: RequestContext, operation: str, arn: str, _change: Callable[[Tags], Tags]
    ) -> None:
        await self.tags(context, operation, arn)


def _function(context: RequestContext, operation: str, arn: str) -> Named:
    """The function of an ARN. Raises InvalidParameterValue for a version or an alias."""
    named = names.read(context, operation, {"FunctionName": arn})
    if named.qualifier:
        raise InvalidParameterValue(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    return named
