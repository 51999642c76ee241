"""A signature in the query of a URL."""

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from lambent.identity.sigv4 import ALGORITHM, Claim, make_claim
from lambent.model.errors import IncompleteSignature

_LONGEST_SECONDS = 604_800
_REQUIRED = (
    b"X-Amz-Algorithm",
    b"X-Amz-Credential",
    b"X-Amz-Date",
    b"X-Amz-Expires",
    b"X-Amz-SignedHeaders",
    b"X-Amz-Signature",
)


class Presigned(NamedTuple):
    """What the query says."""

    claim: Claim
    signature: bytes
    token: bytes
    timestamp: bytes
    lifetime_seconds: int
    unsigned_target: bytes
    """The target without the signature, which cannot cover itself."""


def read_presigned(target: bytes) -> Presigned:
    """Read the signature in the query of `target`. Raises IncompleteSignature."""
    path, _, query = target.partition(b"?")
    parts = query.split(b"&")
    fields = {
        name: unquote_to_bytes(value) for name, _, value in (part.partition(b"=") for part in parts)
    }
    missing = [name.decode() for name in _REQUIRED if not fields.get(name)]
    if missing:
        raise IncompleteSignature(
            " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        )
    if fields[b"X-Amz-Algorithm"] != ALGORITHM:
        raise IncompleteSignature(
            f"Unsupported AWS 'algorithm': '{fields[b'X-Amz-Algorithm'].decode('latin-1')}'."
        )
    lifetime = fields[b"X-Amz-Expires"]
    if len(lifetime) > 6 or not lifetime.isdigit() or not 0 < int(lifetime) <= _LONGEST_SECONDS:
        raise IncompleteSignature(f"X-Amz-Expires must be between 1 and {_LONGEST_SECONDS} seconds")
    claim = make_claim(fields[b"X-Amz-Credential"], fields[b"X-Amz-SignedHeaders"])
    kept = b"&".join(part for part in parts if not part.startswith(b"X-Amz-Signature="))
    return Presigned(
        claim,
        fields[b"X-Amz-Signature"],
        fields.get(b"X-Amz-Security-Token", b""),
        fields[b"X-Amz-Date"],
        int(lifetime),
        b"%b?%b" % (path, kept),
    )
