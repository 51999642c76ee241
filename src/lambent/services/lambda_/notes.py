"""What the daemon's log says when something is stored that has no effect yet."""

import logging
from typing import Any

from lambent.model.request import RequestContext
from lambent.services.effects import Effects
from lambent.services.lambda_.effects_layers import LAYER_EFFECTS
from lambent.services.lambda_.effects_settings import SETTINGS
from lambent.services.lambda_.handlers import Handler, Handlers

logger = logging.getLogger(__name__)


def noted(handlers: Handlers) -> Handlers:
    """The same handlers, of which those of small configuration resources warn of what has no effect."""
    return {name: _noted(name, handler) for name, handler in handlers.items()}


def _noted(operation: str, handler: Handler) -> Handler:
    effects = {**SETTINGS, **LAYER_EFFECTS}.get(operation, Effects())
    if not effects.without_effect:
        return handler

    async def handle(context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
        answer = await handler(context, members)
        given = [path for path in effects.without_effect if members.get(path) is not None]
        # One sentence is the reason of several members.
        for why in dict.fromkeys(effects.without_effect[path] for path in given):
            of = members.get("FunctionName") or members.get("ResourceArn")
            of = of or members.get("LayerName") or "the account"
            logger.warning("%s for %s: %s", operation, of, why)
        return answer

    return handle
