"""The opaque markers that pages of a list end with."""

import base64
import binascii
import re
from typing import Final

from lambent.model.errors import InvalidParameterValue

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{0,140}(:[A-Za-z0-9_.$-]{0,200})?")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")


def marker_of(name: str) -> str:
    """The opaque marker of a page that ends with `name`."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def name_of(marker: str) -> str:
    """The name that `marker` stands for, empty for none. Raises InvalidParameterValue."""
    try:
        name = base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if name and not _NAME.fullmatch(name):
        raise _invalid()
    return name


def number_of(marker: str) -> int:
    """The positive number that `marker` stands for, 0 for none. Raises InvalidParameterValue."""
    name = name_of(marker)
    if name and not _NUMBER.fullmatch(name):
        raise _invalid()
    return int(name or 0)


def _invalid() -> InvalidParameterValue:
    return InvalidParameterValue("The Marker is not one that this operation returned.")
