"""Requests as botocore signs them: the oracle."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambent.identity.authenticator import Authenticator
from lambent.identity.keys import AccessKey
from lambent.model.request import Caller
from tests.fakes.clock import ManualClock

HOST = "127.0.0.1:4566"
INVOKE = "/2015-03-31/functions/hello/invocations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as the server gets it."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    def having(self, **headers: bytes | None) -> "Sent":
        """The same with some headers (underscores for hyphens) put in, replaced, or left out (None)."""
        changed = {n.replace("_", "-").encode(): value for n, value in headers.items()}
        merged = {**self.headers, **changed}
        return replace(self, headers={n: v for n, v in merged.items() if v is not None})


def amz_date(epoch_ms: int) -> str:
    return dt.datetime.fromtimestamp(epoch_ms // 1000, dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def signed(
    key: AccessKey,
    *,
    method: str = "POST",
    target: str = INVOKE,
    headers: Mapping[str, str] | None = None,
    body: bytes = b'{"a":1}',
    service: str = "lambda",
    region: str = "us-east-1",
    epoch_ms: int | None = None,
    signer: type[SigV4Auth] = SigV4Auth,
    expires: int | None = None,
) -> Sent:
    """A request signed at `epoch_ms`, by default the ManualClock's first instant."""
    at = ManualClock().epoch_ms() if epoch_ms is None else epoch_ms
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token or None)
    request = AWSRequest(
        method=method,
        url=f"http://{HOST}{target}",
        headers={"Host": HOST, **(headers or {})},
        data=body,
    )
    request.context["timestamp"] = amz_date(at)
    options = {} if expires is None else {"expires": expires}
    auth = signer(credentials, service, region, **options)
    auth._modify_request_before_signing(request)
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    auth._inject_signature_to_request(request, signature)
    return Sent(
        method=method.encode(),
        target=request.url.removeprefix(f"http://{HOST}").encode(),
        headers={n.lower().encode(): v.strip().encode() for n, v in request.headers.items()},
        body=body,
    )


def authenticate(authenticator: Authenticator, sent: Sent) -> Caller:
    return authenticator.authenticate(
        method=sent.method, target=sent.target, headers=sent.headers, body=sent.body
    )
