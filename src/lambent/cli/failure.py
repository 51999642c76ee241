"""What ends a command: one line for the person, with what to do about it."""

from collections.abc import Mapping
from typing import Final

_REMEDIES: Final[Mapping[str, str]] = {
    "ResourceNotFoundException": "`{lambent} functions` lists the functions of this region.",
    "ResourceConflictException": "`{lambent} functions show NAME` tells its state, "
    "`{lambent} functions delete NAME` makes room.",
    "NotImplementedException": "`{lambent} operations` lists what is built.",
    "TooManyRequestsException": "Wait for running invocations to end and try again.",
    "InvalidRequestContentException": 'The payload must be JSON: --payload \'{"name": "you"}\'.',
    "RequestEntityTooLargeException": "A zip may have 50 MB, an invocation's payload 6 MB.",
    "ServiceException": "The daemon's log says why.",
}


class CommandFailure(Exception):
    """A command can't go on; the text is all that is shown, and the exit status is 1.

    `{lambent}` in it stands for what the person types to start this program.
    """

    def shown(self, program: str) -> str:
        """The text for a person who started `program`."""
        return str(self).replace("{lambent}", program)


class ApiFailure(CommandFailure):
    """The API refused; shown as `Code: message` with the remedy."""

    def __init__(self, code: str, message: str) -> None:
        remedy = _REMEDIES.get(code)
        super().__init__(f"{code}: {message}" + (f"\n  {remedy}" if remedy else ""))
        self.code = code
