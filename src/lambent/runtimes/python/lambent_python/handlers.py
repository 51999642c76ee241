"""Finding the handler, with AWS's words for all that can go wrong."""

from __future__ import annotations

import importlib
import sys

from lambent_python.faults import Fault

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Any, Callable

    Handler = Callable[[Any, Any], Any]


def load(handler: str) -> Handler:
    """Import the module that `handler` names and take the function from it.

    Raises Fault for what the runtime finds wrong; what else the module raises while it is imported goes through.
    """
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as error:
        message = f"Bad handler '{handler}': {error}"
        raise Fault("Runtime.MalformedHandlerName", message) from error
    module = _imported(module_name)
    try:
        function: Handler = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from error
    return function


def _imported(module_name: str) -> Any:
    if module_name.split(".", maxsplit=1)[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        return importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Fault("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from error
