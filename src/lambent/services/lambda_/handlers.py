"""What an area of Lambda's operations gives: its handlers, by the model's names of the operations."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from lambent.model.request import RequestContext

Handler = Callable[[RequestContext, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Takes an operation's validated input and returns its output; raises a ServiceError."""
Handlers = Mapping[str, Handler]
"""Operation name -> handler."""


class Area(Protocol):
    """Operations that belong together."""

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        ...
