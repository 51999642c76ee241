"""AWS Signature Version 4: what a request says about its signature, and what the signature should be.

Pure functions on bytes as they came off the wire.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from lambent.model.errors import IncompleteSignature

ALGORITHM: Final = b"AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = b"UNSIGNED-PAYLOAD"
_TERMINATOR: Final = b"aws4_request"
_PLAIN_PATH: Final = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+")
"""A path whose canonical form is itself, however often it is encoded: no escapes, no dots at a segment's beginning."""


class Claim(NamedTuple):
    """What a request says of its signature, without the signature itself: the same for all requests of a client's day."""

    credential: bytes
    """Access key id and scope, joined by slashes."""
    access_key_id: bytes
    scope: bytes
    """What the signing key is good for."""
    date: bytes
    """YYYYMMDD, of the scope."""
    region: bytes
    service: bytes
    signed_headers: bytes
    """Lower-case names joined by semicolons."""
    names: tuple[bytes, ...]
    """The same, apart."""


def parse_authorization(value: bytes) -> tuple[Claim, bytes]:
    """Read an Authorization header: (claim, signature). Raises IncompleteSignature in AWS's words."""
    text = value.decode("latin-1")
    scheme, _, rest = value.partition(b" ")
    if scheme != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{scheme.decode('latin-1')}'.")
    fields: dict[bytes, bytes] = {}
    for part in rest.split(b","):
        name, equals, content = part.strip().partition(b"=")
        if not equals:
            raise IncompleteSignature(
                f"'{part.strip().decode('latin-1')}' not a valid key=value pair (missing equal-sign)"
                f" in Authorization header: '{text}'."
            )
        fields[name] = content.strip()
    wanted = (b"Credential", b"Signature", b"SignedHeaders")
    missing = [name.decode() for name in wanted if not fields.get(name)]
    if missing:
        complaints = " ".join(
            f"Authorization header requires '{name}' parameter." for name in missing
        )
        raise IncompleteSignature(f"{complaints} Authorization={text}")
    return make_claim(fields[b"Credential"], fields[b"SignedHeaders"]), fields[b"Signature"]


def make_claim(credential: bytes, signed_headers: bytes) -> Claim:
    """The claim of a credential `id/date/region/service/aws4_request`. Raises IncompleteSignature."""
    access_key_id, date, region, service = _split_credential(credential)
    return Claim(
        credential,
        access_key_id,
        credential.partition(b"/")[2],
        date,
        region,
        service,
        signed_headers,
        tuple(signed_headers.split(b";")),
    )


def _split_credential(credential: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    parts = credential.split(b"/")
    if len(parts) != 5:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{credential.decode('latin-1')}'"
        )
    access_key_id, date, region, service, terminator = parts
    if terminator != _TERMINATOR:
        raise IncompleteSignature(
            "Credential should be scoped with a valid terminator: 'aws4_request', not"
            f" '{terminator.decode('latin-1')}'."
        )
    if not access_key_id or not region or not service:
        raise IncompleteSignature(
            f"Credential must not have empty elements, got '{credential.decode('latin-1')}'"
        )
    return access_key_id, date, region, service


def signing_key(*, secret: str, date: bytes, region: bytes, service: bytes) -> bytes:
    """The key that signs for one day, region and service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, _TERMINATOR):
        key = hmac.digest(key, part, "sha256")
    return key


def canonical_headers(names: tuple[bytes, ...], headers: Mapping[bytes, bytes]) -> bytes:
    """A line for each signed header; one that was not sent counts as empty."""
    block = b"\n".join([name + b":" + headers.get(name, b"") for name in names])
    if b"  " in block or b"\t" in block:
        lines = [name + b":" + b" ".join(headers.get(name, b"").split()) for name in names]
        block = b"\n".join(lines)
    return block + b"\n"


def is_plain(target: bytes) -> bool:
    """Whether `target` is a path without a query that is its own canonical form."""
    return _PLAIN_PATH.fullmatch(target) is not None


def canonical_targets(target: bytes, *, single_encoding: bool) -> Iterator[tuple[bytes, bytes]]:
    """The (path, query) pairs that a signer may have put into the canonical request, likeliest first.

    Signers disagree: botocore encodes the path once more and drops dots and empty segments, others sign it as sent, S3's
    (`single_encoding`) encode once; queries are signed encoded anew or as sent. Each variant only fits who holds the secret.
    """
    path, _, query = target.partition(b"?")
    seen = set()
    for canonical_path in _paths(path or b"/", single_encoding=single_encoding):
        for canonical_query in _queries(query):
            if (canonical_path, canonical_query) not in seen:
                seen.add((canonical_path, canonical_query))
                yield canonical_path, canonical_query


def signature(
    *,
    key: bytes,
    scope: bytes,
    timestamp: bytes,
    method: bytes,
    path: bytes,
    query: bytes,
    headers: bytes,
    signed_headers: bytes,
    payload_hash: bytes,
) -> bytes:
    """The signature, in hexadecimal; all parts are canonical."""
    request = b"\n".join((method, path, query, headers, signed_headers, payload_hash))
    digest = hashlib.sha256(request).hexdigest().encode()
    text = b"\n".join((ALGORITHM, timestamp, scope, digest))
    return hmac.digest(key, text, "sha256").hex().encode()


def _paths(path: bytes, *, single_encoding: bool) -> Iterator[bytes]:
    once = quote(unquote_to_bytes(path), safe="/~").encode()
    if single_encoding:
        yield once
        yield path
        return
    normal = _without_dots(path)
    yield quote(normal, safe="/~").encode()
    yield quote(path, safe="/~").encode()
    yield once
    yield path


def _without_dots(path: bytes) -> bytes:
    """As botocore normalises a path: without empty and dot segments."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    last = b"/" if kept and path.endswith(b"/") else b""
    return b"/" + b"/".join(kept) + last


def _queries(query: bytes) -> Iterator[bytes]:
    if not query:
        yield b""
        return
    pairs = [part.partition(b"=")[::2] for part in query.split(b"&")]
    yield _joined(
        sorted((_encoded(name), _encoded(value)) for name, value in pairs if name or value)
    )
    yield _joined(sorted(pairs))


def _encoded(text: bytes) -> bytes:
    return quote(unquote_to_bytes(text), safe="-_.~").encode()


def _joined(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"&".join([b"%b=%b" % pair for pair in pairs])
