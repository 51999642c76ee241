"""Signature Version 4 as a server computes it: pure functions of a request."""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from operator import itemgetter
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from lambent.identity.claims import UNSIGNED_PAYLOAD, query_pairs
from lambent.model.errors import InvalidSignature, NotImplementedHere

MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_BLOCK_BYTES: Final = 64  # of SHA-256, as HMAC uses it
_HASHLESS: Final = frozenset({UNSIGNED_PAYLOAD, b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/"
_SPACES: Final = re.compile(rb"[ \t]+")
_UNENCODED: Final = "-_.~"


class SigningKey:
    """Signs everything within one `DATE/REGION/SERVICE/aws4_request`.

    HMAC's two hashes are begun once and copied: `hmac.digest` takes 2.5 times as long, setting up OpenSSL's each time.
    """

    def __init__(self, *, secret_access_key: str, scope: bytes) -> None:
        key = b"AWS4" + secret_access_key.encode()
        for part in scope.split(b"/"):
            key = hmac.digest(key, part, "sha256")
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))
        self._scope = scope

    def signature(self, date: bytes, canonical: bytes) -> bytes:
        """The signature, in hexadecimal digits, of a canonical request."""
        inner, outer = self._inner.copy(), self._outer.copy()
        digest = sha256(canonical).hexdigest().encode()
        inner.update(b"AWS4-HMAC-SHA256\n%b\n%b\n%b" % (date, self._scope, digest))
        outer.update(inner.digest())
        return outer.hexdigest().encode()


def payload_hash(declared: bytes, body: bytes, service: str, known: str = "") -> bytes:
    """The last line of a canonical request: the body's hash, or what takes its place.

    `declared` is X-Amz-Content-Sha256, which must be true; S3 alone takes bodies that are not signed. `known` is the body's
    hash where somebody has computed it. Raises InvalidSignature, NotImplementedHere.
    """
    if not declared:
        return (known or sha256(body).hexdigest()).encode()
    if service == "s3":
        if declared in _HASHLESS:
            return declared
        if declared.startswith(b"STREAMING-"):
            raise NotImplementedHere(f"{declared.decode('latin-1')} is not implemented yet.")
    computed = (known or sha256(body).hexdigest()).encode()
    if declared != computed:
        raise InvalidSignature(MISMATCH)
    return computed


class Form:
    """How requests that sign the same headers are put into their canonical form."""

    def __init__(self, signed_headers: bytes) -> None:
        """Take the names, parted by semicolons. Raises InvalidSignature when `host` is not among them."""
        names = signed_headers.split(b";")
        if b"host" not in names:
            raise InvalidSignature(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
            )
        # From two names on `itemgetter` gives a tuple: the second `host` makes it two, and `%.0b` writes nothing of it.
        self._values = itemgetter(*names, b"host")
        lines = signed_headers.replace(b"%", b"%%").split(b";")
        self._text = b"%b\n%b\n%b%%.0b\n%b\n%%b" % (
            b"%b",
            b"%b",
            b"".join(name + b":%b\n" for name in lines),
            b";".join(lines),
        )

    def canonical(
        self, method: bytes, target: bytes, headers: Mapping[bytes, bytes], hashed: bytes
    ) -> bytes:
        """A request's canonical form, from its `canonical_target` and `payload_hash`.

        Raises InvalidSignature when a signed header was not sent.
        """
        try:
            values = self._values(headers)
        except KeyError:
            raise InvalidSignature(MISMATCH) from None
        text = self._text % (method, target, *values, hashed)
        if b" " in text or b"\t" in text:  # perhaps one that has to go; most requests have none
            text = self._text % (method, target, *map(_trimmed, values), hashed)
        return text


def canonical_target(target: bytes, service: str) -> bytes:
    """The two lines of a canonical request that say path and query."""
    if target.translate(None, _PLAIN) or b"//" in target or b"/." in target:
        return full_canonical_target(target, service)
    return target + b"\n"  # as it came


def full_canonical_target(target: bytes, service: str) -> bytes:
    """The same for targets of all kinds, at ten times the cost."""
    path, _, query = target.partition(b"?")
    return b"%b\n%b" % (_canonical_path(path, service=service), _canonical_query(query))


def _trimmed(value: bytes) -> bytes:
    return _SPACES.sub(b" ", value).strip(b" ")


def _canonical_path(path: bytes, *, service: str) -> bytes:
    if service == "s3":  # object keys are taken as they are, and encoded once
        segments = (unquote_to_bytes(segment) for segment in path.split(b"/"))
        return "/".join(quote(segment, safe=_UNENCODED) for segment in segments).encode()
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
