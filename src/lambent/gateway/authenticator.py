"""What the gateway needs of `identity`: who sent a request."""

from collections.abc import Mapping
from typing import Protocol

from lambent.model.request import Caller


class Authenticator(Protocol):
    """Decides who sends a request."""

    def authenticate(
        self, *, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes
    ) -> Caller:
        """The caller behind a request as it came: `target` percent-encoded, header names in lower case.

        Raises a ServiceError (UnrecognizedClient, InvalidSignature …) when the request is refused.
        """
        ...
