"""Signature Version 4 as a client makes it, so that the command line needs no SDK."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a request is signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A request before it is signed; `path` and `query` as they go on the wire."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def signed_headers(
    request: Unsigned, *, keys: Keys, region: str, service: str, epoch_ms: int
) -> dict[str, str]:
    """The headers to send: those given, and the ones that make the signature."""
    at = datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {**request.headers, "Host": request.host, "X-Amz-Date": at}
    if keys.session_token:
        headers["X-Amz-Security-Token"] = keys.session_token
    lowered = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(lowered))
    canonical = "\n".join(
        [
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(sorted(request.query.split("&"), key=lambda pair: pair.partition("="))),
            *(f"{name}:{lowered[name]}" for name in sorted(lowered)),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}"
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers
