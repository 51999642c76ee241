"""Links to packages that whoever has one may follow for a while, as S3's presigned URLs are: GetFunction's Code.Location."""

import hmac
import re
from typing import Final
from urllib.parse import parse_qsl

from lambent.identity.keys import MasterKey
from lambent.kit.clock import Clock
from lambent.model.errors import AccessDenied, InvalidSignature

_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
CODE_PREFIX: Final = "/_lambent/code/"
_VALID_SECONDS: Final = 600
"""As AWS says of its own."""
_PURPOSE: Final = b"code link"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_EXPIRES: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class CodeLinks:
    """Makes links and recognises them; nothing is stored."""

    def __init__(self, *, master: MasterKey, clock: Clock) -> None:
        self._master, self._clock = master, clock

    def url(self, *, host: str, sha256: str) -> str:
        """A link to the package `sha256` at `host` (a request's `Host`), good for ten minutes."""
        expires = str(self._clock.epoch_ms() // 1_000 + _VALID_SECONDS)
        signature = self._signature(sha256, expires)
        return f"http://{host}{CODE_PREFIX}{sha256}?Expires={expires}&Signature={signature}"

    def package(self, target: str) -> str:
        """The package that the path and query of a link lead to.

        Raises AccessDenied when the link has expired or is none, InvalidSignature when it is not as it was made.
        """
        path, _, query = target.partition("?")
        sha256 = path.removeprefix(CODE_PREFIX)
        parameters = dict(parse_qsl(query))
        expires, signature = parameters.get("Expires"), parameters.get("Signature")
        if expires is None or signature is None:
            raise AccessDenied(
                "Query-string authentication requires the Signature and Expires parameters"
            )
        if not (_SHA256.fullmatch(sha256) and _EXPIRES.fullmatch(expires)):
            raise InvalidSignature(_MISMATCH)
        expected = self._signature(sha256, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise InvalidSignature(_MISMATCH)
        if int(expires) * 1_000 <= self._clock.epoch_ms():
            raise AccessDenied("Request has expired")
        return sha256

    def _signature(self, sha256: str, expires: str) -> str:
        return self._master.derive(_PURPOSE, f"{sha256} {expires}".encode()).hex()
