"""What a request says of its signature, in its Authorization header or in its query.

The sentences are those of AWS's framework in front of its services.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from lambent.model.errors import IncompleteSignature, InvalidSignature

ALGORITHM: Final = b"AWS4-HMAC-SHA256"
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
_USUAL_EXPIRY_SECONDS: Final = 15 * 60


class Claim(NamedTuple):
    """A signature and what it was made with."""

    credential: bytes
    """`KEY/DATE/REGION/SERVICE/aws4_request`."""
    signed_headers: bytes
    signature: bytes


class Presigned(NamedTuple):
    """A claim in the query."""

    claim: Claim
    date: bytes
    valid_seconds: int
    session_token: bytes
    declared_hash: bytes


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


def read_authorization(header: bytes) -> Claim:
    """The claim in an Authorization header. Raises IncompleteSignature."""
    match = _USUAL(header)
    return Claim(*match.groups()) if match else _read_unusual(header)


def read_presigned(target: bytes) -> Presigned | None:
    """The claim in a target's query, None when it has none. Raises IncompleteSignature, InvalidSignature."""
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
    return Presigned(
        claim=Claim(
            values[b"X-Amz-Credential"], values[b"X-Amz-SignedHeaders"], values[b"X-Amz-Signature"]
        ),
        date=values[b"X-Amz-Date"],
        valid_seconds=_expiry(values),
        session_token=values.get(b"X-Amz-Security-Token", b""),
        declared_hash=values.get(b"X-Amz-Content-Sha256", b""),
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


def _read_unusual(header: bytes) -> Claim:
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
    return Claim(values[b"Credential"], values[b"SignedHeaders"], values[b"Signature"])


def _check_algorithm(algorithm: bytes) -> None:
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{algorithm.decode('latin-1')}'.")


def _expiry(values: Mapping[bytes, bytes]) -> int:
    text = values.get(b"X-Amz-Expires")
    if text is None:
        return _USUAL_EXPIRY_SECONDS
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
