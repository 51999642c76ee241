"""Signatures are made by botocore, which is how clients make them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from lambent.identity.authenticator import Authenticator
from lambent.identity.keys import Keyring, MasterKey, RoleCredentials
from lambent.model.errors import (
    ExpiredToken,
    IncompleteSignature,
    InvalidSignature,
    ServiceError,
    UnrecognizedClient,
)
from lambent.model.request import Caller
from tests.fakes.clock import ManualClock

MASTER = MasterKey(b"m" * 32)
ROOT = MASTER.root_access_key()
URL = "http://127.0.0.1:4566"
INVOKE = "/2015-03-31/functions/hello/invocations"


def role(expires_at_epoch_ms: int = 1 << 50) -> RoleCredentials:
    return MASTER.role_credentials(
        role_arn="arn:aws-cn:iam::123456789012:role/path/worker",
        session_name="fn",
        account_id="123456789012",
        region="cn-north-1",
        expires_at_epoch_ms=expires_at_epoch_ms,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A signed request as it crosses the wire, and when it was signed."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    signed_at_ms: int

    def with_headers(self, **changed: str | None) -> "Sent":
        """With some headers replaced or taken away."""
        headers = dict(self.headers)
        for name, value in changed.items():
            headers.pop(name.replace("_", "-").encode(), None)
            if value is not None:
                headers[name.replace("_", "-").encode()] = value.encode()
        return replace(self, headers=headers)


def sign(
    path: str = INVOKE,
    *,
    signer: type[SigV4Auth] = SigV4Auth,
    method: str = "POST",
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    key: str = ROOT.access_key_id,
    secret: str = ROOT.secret,
    token: str | None = None,
    service: str = "lambda",
    region: str = "us-east-1",
) -> Sent:
    request = AWSRequest(method, URL + path, data=body, headers=dict(headers or {}))
    signer(Credentials(key, secret, token), service, region).add_auth(request)
    url = urlsplit(request.url)
    sent = {n.lower().encode(): v.strip().encode() for n, v in request.headers.items()}
    stamp = re.search(r"\d{8}T\d{6}Z", str(request.headers.get("X-Amz-Date", url.query)))
    assert stamp is not None
    at = datetime.strptime(stamp[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return Sent(
        method=method.encode(),
        target=(url.path + (f"?{url.query}" if url.query else "")).encode(),
        headers={b"host": b"127.0.0.1:4566", **sent},
        body=body,
        signed_at_ms=int(at.timestamp()) * 1000,
    )


def authenticate(
    sent: Sent, *, later_seconds: float = 0, authenticator: Authenticator | None = None
) -> Caller:
    clock = ManualClock(epoch_ms=sent.signed_at_ms + int(later_seconds * 1000))
    authenticator = authenticator or Authenticator(
        keyring=Keyring(master=MASTER), default_region="eu-central-1", clock=clock
    )
    return authenticator.authenticate(
        method=sent.method, target=sent.target, headers=sent.headers, body=sent.body
    )


def refused(sent: Sent, *, later_seconds: float = 0) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        authenticate(sent, later_seconds=later_seconds)
    return caught.value


def test_a_request_signed_with_the_root_key_is_the_accounts_root() -> None:
    assert authenticate(sign()) == Caller(
        account_id="000000000000",
        region="us-east-1",
        arn="arn:aws:iam::000000000000:root",
        user_id="000000000000",
        access_key_id=ROOT.access_key_id,
        service="lambda",
        verified=True,
    )


def test_a_session_is_the_role() -> None:
    key = role()
    caller = authenticate(
        sign(key=key.access_key_id, secret=key.secret, token=key.session_token, region="cn-north-1")
    )
    assert caller.arn == "arn:aws-cn:sts::123456789012:assumed-role/worker/fn"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}:fn", caller.user_id)
    assert (caller.account_id, caller.verified) == ("123456789012", True)


PATHS = st.lists(
    st.one_of(
        st.sampled_from(["functions", "..", ".", "", "$LATEST", "a~b", ".hidden", "arn:aws:x"]),
        st.text(max_size=8),
    ),
    max_size=5,
).map(lambda parts: "/" + "/".join(quote(part, safe="") for part in parts))
QUERIES = st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), max_size=4).map(
    lambda pairs: "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in pairs)
)
TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789-"
HEADERS = st.dictionaries(
    st.text(TOKEN, min_size=1, max_size=12).filter(
        lambda name: (
            name not in ("host", "date", "authorization", "expect", "user-agent", "connection")
            and not name.startswith("x-amz")
        )
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    max_size=4,
)


@given(PATHS, QUERIES, HEADERS, st.binary(max_size=300), st.sampled_from(["GET", "POST", "PUT"]))
def test_whatever_botocore_signs_is_verified(
    path: str, query: str, headers: dict[str, str], body: bytes, method: str
) -> None:
    target = f"{path}?{query}" if query else path
    sent = sign(target, headers=headers, body=body, method=method)
    assert authenticate(sent).verified


@given(PATHS, QUERIES, st.integers(0, 3))
def test_whatever_is_changed_after_signing_is_noticed(path: str, query: str, what: int) -> None:
    sent = sign(f"{path}?{query}" if query else path, headers={"X-Amz-Target": "Logs.Get"})
    changed = (
        replace(sent, target=sent.target + (b"&" if b"?" in sent.target else b"?") + b"z=1"),
        replace(sent, body=sent.body + b" "),
        replace(sent, method=b"DELETE"),
        sent.with_headers(x_amz_target="Logs.Delete"),
    )[what]
    assert isinstance(refused(changed), InvalidSignature)


@given(PATHS, QUERIES)
def test_presigned_urls_are_verified_while_they_last(path: str, query: str) -> None:
    sent = sign(f"{path}?{query}" if query else path, signer=SigV4QueryAuth, method="GET", body=b"")
    assert b"authorization" not in sent.headers
    assert authenticate(sent, later_seconds=3600).verified
    assert str(refused(sent, later_seconds=3601)).startswith("Signature expired: ")
    assert isinstance(refused(replace(sent, target=sent.target + b"&x=y")), InvalidSignature)


def test_presigned_urls_of_sessions_carry_their_token() -> None:
    key = role()
    sent = sign(
        signer=SigV4QueryAuth,
        method="GET",
        body=b"",
        key=key.access_key_id,
        secret=key.secret,
        token=key.session_token,
    )
    assert authenticate(sent).user_id.endswith(":fn")


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
@pytest.mark.parametrize("path", ["/bucket/a//b/../c", "/bucket/a%20b%2Fc", "/bucket/%C3%A9"])
def test_s3_signs_its_paths_once(signer: type[SigV4Auth], path: str) -> None:
    body = b"" if signer is S3SigV4QueryAuth else b"object"
    method = "GET" if signer is S3SigV4QueryAuth else "PUT"
    assert authenticate(sign(path, signer=signer, service="s3", body=body, method=method)).verified


def test_only_s3_may_leave_the_body_unsigned() -> None:
    for declared in ("UNSIGNED-PAYLOAD", hashlib.sha256(b"other").hexdigest()):
        sent = sign(headers={"X-Amz-Content-SHA256": declared})
        assert isinstance(refused(sent), InvalidSignature)
    true_hash = hashlib.sha256(b"{}").hexdigest()
    assert authenticate(sign(headers={"X-Amz-Content-SHA256": true_hash})).verified


def test_a_hash_made_elsewhere_is_taken() -> None:
    sent = sign(body=b"large")
    authenticator = Authenticator(
        keyring=Keyring(master=MASTER),
        default_region="eu-central-1",
        clock=ManualClock(epoch_ms=sent.signed_at_ms),
    )
    caller = authenticator.authenticate(
        method=sent.method,
        target=sent.target,
        headers=sent.headers,
        body=b"",
        body_sha256=hashlib.sha256(b"large").hexdigest(),
    )
    assert caller.verified


def test_a_wrong_secret_is_awss_sentence() -> None:
    error = refused(sign(secret="x" * 40))
    assert (error.code, error.status) == ("InvalidSignatureException", 403)
    assert str(error) == (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
        " Access Key and signing method. Consult the service documentation for details."
    )


def test_a_wrong_secret_stays_wrong_after_a_right_one() -> None:
    right, wrong = sign(), sign(secret="x" * 40)
    authenticator = Authenticator(
        keyring=Keyring(master=MASTER),
        default_region="eu-central-1",
        clock=ManualClock(epoch_ms=right.signed_at_ms),
    )
    assert authenticate(right, authenticator=authenticator).verified
    with pytest.raises(InvalidSignature):
        authenticate(wrong, authenticator=authenticator)
    assert authenticate(right, authenticator=authenticator).verified


def test_a_signature_is_good_for_a_quarter_of_an_hour_either_way() -> None:
    sent = sign()
    assert authenticate(sent, later_seconds=900).verified
    assert authenticate(sent, later_seconds=-900).verified
    expired = str(refused(sent, later_seconds=901))
    assert re.fullmatch(
        r"Signature expired: \w{16} is now earlier than \w{16} \(\w{16} - 15 min\.\)", expired
    )
    early = str(refused(sent, later_seconds=-901))
    assert re.fullmatch(
        r"Signature not yet current: \w{16} is still later than \w{16} \(\w{16} \+ 15 min\.\)",
        early,
    )


def test_a_scope_of_another_day_is_refused() -> None:
    sent = sign()
    authorization = sent.headers[b"authorization"].decode()
    other = re.sub(r"/\d{8}/", "/20010101/", authorization)
    assert "Date in Credential scope does not match" in str(
        refused(sent.with_headers(authorization=other))
    )


def test_the_host_must_be_signed() -> None:
    sent = sign()
    authorization = sent.headers[b"authorization"].decode().replace("=host;", "=")
    assert "'Host' or ':authority' must be a 'SignedHeader'" in str(
        refused(sent.with_headers(authorization=authorization))
    )


def test_an_expired_session_is_told_so() -> None:
    fresh = sign()
    key = role(expires_at_epoch_ms=fresh.signed_at_ms + 10_000)
    sent = sign(key=key.access_key_id, secret=key.secret, token=key.session_token)
    assert authenticate(sent).verified
    error = refused(sent, later_seconds=20)
    assert isinstance(error, ExpiredToken)
    assert str(error) == "The security token included in the request is expired"


def test_a_session_without_its_token_is_not_recognised() -> None:
    key = role()
    for token in (None, "AAAA"):
        error = refused(sign(key=key.access_key_id, secret=key.secret, token=token))
        assert isinstance(error, UnrecognizedClient)
        assert str(error) == "The security token included in the request is invalid."


@pytest.mark.parametrize(
    ("key", "account"),
    [("test", "000000000000"), ("123456789012", "123456789012"), ("1234567890123", "000000000000")],
)
def test_any_other_key_is_believed(key: str, account: str) -> None:
    caller = authenticate(
        sign(key=key, secret="nonsense", region="us-gov-west-1"), later_seconds=9999
    )
    assert caller == Caller(
        account_id=account,
        region="us-gov-west-1",
        arn=f"arn:aws-us-gov:iam::{account}:root",
        user_id=account,
        access_key_id=key,
        service="lambda",
        verified=False,
    )


def test_without_a_signature_it_is_the_default_account() -> None:
    caller = authenticate(sign().with_headers(authorization=None))
    assert (caller.account_id, caller.region) == ("000000000000", "eu-central-1")
    assert caller.arn == "arn:aws:iam::000000000000:root"
    assert (caller.access_key_id, caller.service, caller.verified) == ("", "", False)


@pytest.mark.parametrize(
    ("authorization", "text"),
    [
        ("Bearer abc", "Unsupported AWS 'algorithm': 'Bearer'."),
        ("", "Unsupported AWS 'algorithm': ''."),
        ("AWS4-HMAC-SHA256 nonsense", "not a valid key=value pair (missing equal-sign)"),
        (
            "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request",
            (
                "Authorization header requires 'Signature' parameter."
                " Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Cred"
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00",
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
                " got 'a/b/c'"
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws3, SignedHeaders=host, Signature=00",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=/20260101/r/s/aws4_request, SignedHeaders=h, Signature=00",
            "must not have empty elements",
        ),
    ],
)
def test_an_incomplete_signature_is_told_what_is_missing(authorization: str, text: str) -> None:
    error = refused(sign().with_headers(authorization=authorization))
    assert isinstance(error, IncompleteSignature)
    assert text in str(error)


def test_a_key_of_ours_needs_a_date() -> None:
    sent = sign()
    assert "existence of either a 'X-Amz-Date' or a 'Date' header" in str(
        refused(sent.with_headers(x_amz_date=None))
    )
    assert "ISO-8601" in str(refused(sent.with_headers(x_amz_date="yesterday")))


@pytest.mark.parametrize("gone", ["X-Amz-Expires", "X-Amz-Date", "X-Amz-SignedHeaders"])
def test_an_incomplete_presigned_url_is_told_what_is_missing(gone: str) -> None:
    sent = sign(signer=SigV4QueryAuth, method="GET", body=b"")
    target = re.sub(rf"{gone}=[^&]*&?".encode(), b"", sent.target)
    assert gone in str(refused(replace(sent, target=target)))


def test_what_is_remembered_is_bounded() -> None:
    sent = sign(key="test")
    authenticator = Authenticator(
        keyring=Keyring(master=MASTER),
        default_region="eu-central-1",
        clock=ManualClock(epoch_ms=sent.signed_at_ms),
    )
    for n in range(3000):
        authorization = sent.headers[b"authorization"].decode().replace("=test/", f"=t{n}/")
        authenticate(sent.with_headers(authorization=authorization), authenticator=authenticator)
    assert len(authenticator._strangers) <= 1024


def test_a_request_is_read_as_it_was_signed_however_its_header_is_spaced() -> None:
    sent = sign()
    spaced = sent.headers[b"authorization"].decode().replace(", ", " ,  ")
    assert authenticate(sent.with_headers(authorization=spaced)).verified
    tight = sent.headers[b"authorization"].decode().replace(", ", ",")
    assert authenticate(sent.with_headers(authorization=tight)).verified
