"""Whether a function's state lets it be invoked."""

from lambent.model.errors import InvalidRuntime, ResourceConflict
from lambent.model.function import FunctionVersion, State


def refuse_unless_invocable(function: FunctionVersion) -> None:
    """Return if `function` is Active. Raises ResourceConflict, InvalidRuntime."""
    if function.state is State.ACTIVE:
        return
    if function.state is State.FAILED and function.state_reason_code == "InvalidRuntime":
        raise InvalidRuntime(function.state_reason)
    raise ResourceConflict(
        "The operation cannot be performed at this time. "
        f"The function is currently in the following state: {function.state}"
    )
