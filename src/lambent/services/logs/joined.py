"""Events of several lines."""

import re
from typing import Final

_JOIN: Final = re.compile(r"\r(?!\n)")


def lines_apart(message: str) -> str:
    """`message` as it is shown: what prints line by line joins the lines of one event by carriage returns, as AWS's do."""
    return _JOIN.sub("\n", message)
