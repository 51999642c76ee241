"""Signature Version 4 as a server computes it: pure functions of a request."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from lambent.identity.claims import ALGORITHM, query_pairs
from lambent.model.errors import InvalidSignature, NotImplementedHere

MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
UNSIGNED_PAYLOAD: Final = b"UNSIGNED-PAYLOAD"
_HASHLESS: Final = frozenset({UNSIGNED_PAYLOAD, b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/"
_UNENCODED: Final = "-_.~"


def signing_key(secret_access_key: str, scope: bytes) -> bytes:
    """The key for everything within a `DATE/REGION/SERVICE/aws4_request`."""
    key = b"AWS4" + secret_access_key.encode()
    for part in scope.split(b"/"):
        key = hmac.digest(key, part, "sha256")
    return key


def signature(key: bytes, *, date: bytes, scope: bytes, canonical: bytes) -> bytes:
    """The signature, in hexadecimal digits, of a canonical request."""
    digest = sha256(canonical).hexdigest().encode()
    to_sign = b"%b\n%b\n%b\n%b" % (ALGORITHM, date, scope, digest)
    return hmac.digest(key, to_sign, "sha256").hex().encode()


def payload_hash(declared: bytes, body: bytes, *, service: str) -> bytes:
    """The last line of a canonical request: the body's hash, or what takes its place.

    `declared` is X-Amz-Content-Sha256, which must be true; S3 alone takes bodies that are not signed. Raises
    InvalidSignature, NotImplementedHere.
    """
    if declared and service == "s3":
        if declared in _HASHLESS:
            return declared
        if declared.startswith(b"STREAMING-"):
            raise NotImplementedHere(f"{declared.decode('latin-1')} is not implemented yet.")
    computed = sha256(body).hexdigest().encode()
    if declared and declared != computed:
        raise InvalidSignature(MISMATCH)
    return computed


def canonical_request(
    *,
    method: bytes,
    target: bytes,
    headers: Mapping[bytes, bytes],
    signed_headers: bytes,
    hashed: bytes,
    service: str,
) -> bytes:
    """The canonical form of any request. Raises InvalidSignature when a signed header was not sent."""
    path, _, query = target.partition(b"?")
    lines = [method, _canonical_path(path, service=service), _canonical_query(query)]
    for name in signed_headers.split(b";"):
        if name not in headers:
            raise InvalidSignature(MISMATCH)
        lines.append(name + b":" + b" ".join(headers[name].split()))
    return b"\n".join([*lines, b"", signed_headers, hashed])


def plain_canonical_request(
    *,
    method: bytes,
    target: bytes,
    headers: Mapping[bytes, bytes],
    signed_headers: bytes,
    hashed: bytes,
) -> bytes | None:
    """The same for a request that is in canonical form as it came, at a third of the cost; None for any other."""
    if target.translate(None, _PLAIN) or b"//" in target or b"/." in target or target[:1] != b"/":
        return None
    try:
        lines = b"".join([b"%b:%b\n" % (n, headers[n]) for n in signed_headers.split(b";")])
    except KeyError:
        return None
    # Values to be trimmed or squeezed; a colon and a space within a value are taken for one, which does no harm.
    if (
        b"  " in lines
        or b": " in lines
        or b" \n" in lines
        or lines.translate(None, b"\t\v\f\r") != lines
    ):
        return None
    return b"%b\n%b\n\n%b\n%b\n%b" % (method, target, lines, signed_headers, hashed)


def _canonical_path(path: bytes, *, service: str) -> bytes:
    if service == "s3":  # object keys are taken as they are, and encoded once
        return quote(unquote_to_bytes(path), safe="/" + _UNENCODED).encode()
    return quote(_normalised(path), safe="/" + _UNENCODED).encode()


def _normalised(path: bytes) -> bytes:
    """Without `.`, `..` and empty segments."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    last = b"/" if kept and path.endswith(b"/") else b""
    return b"/" + b"/".join(kept) + last


def _canonical_query(query: bytes) -> bytes:
    """Sorted and encoded in the one right way, without the signature of a presigned URL."""
    pairs = sorted(
        (quote(name, safe=_UNENCODED), quote(value, safe=_UNENCODED))
        for name, value in query_pairs(query)
        if name != b"X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs).encode()
