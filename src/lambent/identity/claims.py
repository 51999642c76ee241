"""What a request says of its signature, in its Authorization header or in its query.

The sentences are those of AWS's framework in front of its services.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from lambent.identity.dates import SKEW_MS
from lambent.model.errors import IncompleteSignature, InvalidSignature

ALGORITHM: Final = b"AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = b"UNSIGNED-PAYLOAD"
_TERMINATOR: Final = "aws4_request"
_USUAL: Final = re.compile(
    ALGORITHM + rb" +Credential=([^ ,]+), *SignedHeaders=([^ ,]+), *Signature=([^ ,]+)"
).fullmatch
_SEPARATORS: Final = re.compile(rb"[, ]+")
_REGION: Final = re.compile(r"[a-z0-9-]{0,63}").fullmatch
_NEEDED: Final = (b"Credential", b"Signature", b"SignedHeaders")
_NEEDED_IN_QUERY: Final = (
    *(b"X-Amz-Algorithm", b"X-Amz-Credential", b"X-Amz-Signature"),
    *(b"X-Amz-SignedHeaders", b"X-Amz-Date"),
)
_LONGEST_EXPIRY_SECONDS: Final = 7 * 24 * 3600


class Claim(NamedTuple):
    """A signature and what it was made with."""

    credential: bytes
    """`KEY/DATE/REGION/SERVICE/aws4_request`."""
    signed_headers: bytes
    signature: bytes
    date: bytes
    """Empty when none was sent."""
    session_token: bytes
    declared_hash: bytes
    """What the client says that its body hashes to, or that it did not hash it; empty when it doesn't say."""
    valid_ms: int
    """How long the signature may be used."""


class Credential(NamedTuple):
    """A claim's credential, taken apart."""

    access_key_id: str
    date: str
    region: str
    """Empty when the client left it out."""
    service: str

    @property
    def scope(self) -> bytes:
        """What the signature is good for."""
        return f"{self.date}/{self.region}/{self.service}/{_TERMINATOR}".encode("latin-1")


def read_authorization(header: bytes, headers: Mapping[bytes, bytes]) -> Claim:
    """The claim in an Authorization header, and in the headers that go with it. Raises IncompleteSignature."""
    match = _USUAL(header)
    credential, signed_headers, signature = match.groups() if match else _read_unusual(header)
    get = headers.get
    return Claim(
        credential,
        signed_headers,
        signature,
        get(b"x-amz-date") or get(b"date", b""),
        get(b"x-amz-security-token", b""),
        get(b"x-amz-content-sha256", b""),
        SKEW_MS,
    )


def read_presigned(target: bytes, headers: Mapping[bytes, bytes]) -> Claim | None:
    """The claim in a target's query, None when it has none. Raises IncompleteSignature."""
    values = dict(reversed(query_pairs(target.partition(b"?")[2])))  # of several the first
    if not any(name in values for name in _NEEDED_IN_QUERY):
        return None
    missing = [name for name in _NEEDED_IN_QUERY if not values.get(name)]
    if missing:
        raise IncompleteSignature(
            "".join(f"AWS query-string parameters must include '{n.decode()}'. " for n in missing)
            + "Re-examine the query-string parameters."
        )
    _check_algorithm(values[b"X-Amz-Algorithm"])
    credential = values[b"X-Amz-Credential"]
    for_s3 = credential.split(b"/")[3:4] == [b"s3"]
    return Claim(
        credential=credential,
        signed_headers=values[b"X-Amz-SignedHeaders"],
        signature=values[b"X-Amz-Signature"],
        date=values[b"X-Amz-Date"],
        session_token=_either(values, headers, b"X-Amz-Security-Token"),
        # A link to an object is made before its body is known.
        declared_hash=_either(values, headers, b"X-Amz-Content-Sha256")
        or (UNSIGNED_PAYLOAD if for_s3 else b""),
        valid_ms=_expiry(values) * 1000,
    )


def query_pairs(query: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of a query, decoded, in their order."""
    pairs = (pair.partition(b"=") for pair in query.replace(b"+", b" ").split(b"&") if pair)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def read_credential(text: bytes) -> Credential:
    """Take a credential apart. Raises IncompleteSignature, InvalidSignature when it is none."""
    credential = text.decode("latin-1")
    parts = credential.rstrip("/").split("/")
    if len(parts) != 5 or not parts[0]:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{credential}'"
        )
    access_key_id, date, region, service, terminator = parts
    wrong = []
    if not _REGION(region):
        wrong.append(f"Credential should be scoped to a valid region, not '{region}'. ")
    if terminator != _TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not '{terminator}'. "
        )
    if wrong:
        raise InvalidSignature("".join(wrong))
    return Credential(access_key_id, date, region, service)


def _read_unusual(header: bytes) -> tuple[bytes, bytes, bytes]:
    """The claim in another order, or why there is none."""
    algorithm, *parts = _SEPARATORS.split(header.strip(b", "))
    values: dict[bytes, bytes] = {}
    for part in parts:
        name, equals, value = part.partition(b"=")
        if not equals:
            raise IncompleteSignature(
                "Invalid key=value pair (missing equal-sign) in Authorization header "
                f"(hashed with SHA-256 and encoded with Base64): '{_hashed(header)}'."
            )
        values[name] = value
    missing = [name for name in _NEEDED if not values.get(name)]
    if missing:
        raise IncompleteSignature(
            "".join(
                f"Authorization header requires '{name.decode()}' parameter. " for name in missing
            )
            + f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(header)}"
        )
    _check_algorithm(algorithm)
    return values[b"Credential"], values[b"SignedHeaders"], values[b"Signature"]


def _check_algorithm(algorithm: bytes) -> None:
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{algorithm.decode('latin-1')}'.")


def _either(values: Mapping[bytes, bytes], headers: Mapping[bytes, bytes], name: bytes) -> bytes:
    return values.get(name) or headers.get(name.lower(), b"")


def _expiry(values: Mapping[bytes, bytes]) -> int:
    text = values.get(b"X-Amz-Expires")
    if text is None:
        return SKEW_MS // 1000
    if not text.isdigit() or len(text) > 9:
        raise IncompleteSignature("X-Amz-Expires should be a number")
    if int(text) > _LONGEST_EXPIRY_SECONDS:
        raise IncompleteSignature(
            "X-Amz-Expires must be less than a week (in seconds); that is, "
            f"the given X-Amz-Expires must be less than {_LONGEST_EXPIRY_SECONDS} seconds"
        )
    return int(text)


def _hashed(header: bytes) -> str:
    """A header as AWS repeats it: what was in it may be a secret."""
    return base64.b64encode(hashlib.sha256(header).digest()).decode()
