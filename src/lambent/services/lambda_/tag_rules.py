"""What tags may be, of whatever they are."""

from collections.abc import Mapping
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue

_MOST_TAGS: Final = 50


def checked_tags(members: Mapping[str, Any]) -> dict[str, str]:
    """The tags given. Raises InvalidParameterValue."""
    tags = within_limit(members.get("Tags") or {})
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameterValue("aws: prefixed tag key names are not allowed for external use.")
    return tags


def within_limit(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags as they may be kept. Raises InvalidParameterValue."""
    if len(tags) > _MOST_TAGS:
        raise InvalidParameterValue("Number of tags exceeds resource tag limit.")
    return dict(tags)
