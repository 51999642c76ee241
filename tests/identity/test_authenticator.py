"""Who sends a request, with botocore as the client."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.identity.keyring import role_id
from lambent.identity.keys import AccessKey, MasterKey
from lambent.identity.sigv4 import MISMATCH
from lambent.model.errors import (
    IncompleteSignature,
    InvalidSignature,
)
from tests.identity.authenticators import ROLE, ROLE_ARN, ROOT, built, refusal, stranger
from tests.identity.signing import INVOKE, Sent, authenticate, signed

unhurried = settings(deadline=None)  # botocore takes its time
segment = st.text(alphabet="abZ09-_.~!$&'()*,;=:@", max_size=8) | st.sampled_from(
    ["%3A", "%3a", "%2F", "%25", "..", ".", "%C3%A9", ""]
)
word = st.text(alphabet="aZ0-_.~", min_size=1, max_size=6) | st.sampled_from(["%3A", "%20", "%2F"])
value = st.text(alphabet='ab 9\t;=:,"é', max_size=12)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, object]:
    query = draw(st.dictionaries(word, st.just("") | word, max_size=3))
    path = "/" + "/".join(draw(st.lists(segment, max_size=4)))
    return {
        "key": draw(st.sampled_from([ROOT, ROLE])),
        "method": draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
        "target": path + ("?" if query else "") + "&".join(f"{n}={v}" for n, v in query.items()),
        "headers": draw(
            st.dictionaries(
                st.sampled_from(["Content-Type", "X-Amz-Log-Type", "X-Amz-Target", "X-Custom"]),
                value,
            )
        ),
        "body": draw(st.binary(max_size=60)),
        "region": draw(st.sampled_from(["us-east-1", "cn-north-1"])),
    }


def sign(request: dict[str, object], signer: type[SigV4Auth], service: str) -> Sent:
    return signed(signer=signer, service=service, **request)  # type: ignore[arg-type]  # drawn by `requests`


@unhurried
@given(requests())
def test_what_botocore_signs_is_verified_again_and_again(request: dict[str, object]) -> None:
    authenticator = built()
    sent = sign(request, SigV4Auth, "lambda")
    first = authenticate(authenticator, sent)
    assert first.verified
    assert first.region == request["region"]
    assert authenticate(authenticator, sent) is first


@unhurried
@given(requests())
def test_what_botocore_presigns_is_verified(request: dict[str, object]) -> None:
    # Without a body: botocore moves one into the query, as a form.
    sent = sign({**request, "body": b""}, SigV4QueryAuth, "lambda")
    assert b"authorization" not in sent.headers
    assert authenticate(built(), sent).verified


@unhurried
@given(requests())
def test_s3_paths_are_signed_as_they_are(request: dict[str, object]) -> None:
    # A client's S3 paths are encoded already, so botocore leaves them alone: what it would encode must not be in them.
    path, _, query = str(request["target"]).partition("?")
    encoded = "".join(c for c in path.replace("%3a", "%3A") if c not in "!$&'()*,;=:@")
    request = {**request, "target": f"{encoded}?{query}", "body": b""}
    for signer in (S3SigV4Auth, S3SigV4QueryAuth):
        assert authenticate(built(), sign(request, signer, "s3")).verified


def test_the_caller_with_the_root_key_is_the_root_user() -> None:
    caller = authenticate(built(), signed(ROOT, region="cn-north-1", service="sts"))
    assert caller.arn == "arn:aws-cn:iam::000000000000:root"
    assert (caller.account_id, caller.user_id) == ("000000000000", "000000000000")
    assert (caller.region, caller.service) == ("cn-north-1", "sts")
    assert caller.access_key_id == ROOT.access_key_id
    assert caller.verified


def test_the_caller_with_a_roles_credentials_is_the_roles_session() -> None:
    caller = authenticate(built(), signed(ROLE))
    assert caller.arn == "arn:aws:sts::123456789012:assumed-role/thumbnails/hello"
    assert caller.account_id == "123456789012"
    assert caller.user_id == f"{role_id(ROLE_ARN)}:hello"
    assert caller.verified


@pytest.mark.parametrize(
    ("access_key_id", "account_id"),
    [
        ("123456789012", "123456789012"),
        ("1234567890123", "000000000000"),
        ("test", "000000000000"),
        ("AKIAIOSFODNN7EXAMPLE", "000000000000"),
        ("٣٣٣٣٣٣", "000000000000"),
        (MasterKey(secret=bytes(32)).root_access_key.access_key_id, "000000000000"),
    ],
)
def test_any_key_that_is_not_ours_is_taken_at_its_word(access_key_id: str, account_id: str) -> None:
    authenticator = built()
    sent = signed(stranger(access_key_id), region="us-gov-west-1")
    caller = authenticate(authenticator, replace(sent, body=b"another"))
    assert caller.account_id == caller.user_id == account_id
    assert caller.arn == f"arn:aws-us-gov:iam::{account_id}:root"
    assert not caller.verified
    assert authenticate(authenticator, sent) is caller


def test_a_strangers_date_and_token_do_not_matter() -> None:
    sent = signed(stranger("test")).having(x_amz_date=b"never", x_amz_security_token=b"any")
    assert authenticate(built(), sent).access_key_id == "test"


def test_a_stranger_may_presign() -> None:
    sent = signed(stranger("123456789012"), method="GET", body=b"", signer=SigV4QueryAuth)
    assert authenticate(built(), sent).account_id == "123456789012"


def test_a_scope_without_a_region_addresses_the_default_one() -> None:
    assert authenticate(built(), signed(stranger("test"), region="")).region == "eu-central-1"
    assert authenticate(built(), signed(ROOT, region="")).region == "eu-central-1"


def test_who_signs_nothing_is_the_default_accounts_root() -> None:
    sent = Sent(method=b"GET", target=b"/?X-Amz-Other=1", headers={b"host": b"h"}, body=b"")
    caller = authenticate(built(), sent)
    assert caller.arn == "arn:aws:iam::000000000000:root"
    assert (caller.region, caller.access_key_id) == ("eu-central-1", "")
    assert not caller.verified


def test_a_malformed_header_is_refused_although_any_key_is_taken() -> None:
    assert isinstance(
        refusal(built(), signed(ROOT).having(authorization=b"Bearer x")), IncompleteSignature
    )


def test_a_signature_in_both_places_is_refused() -> None:
    sent = signed(ROOT, method="GET", body=b"", signer=SigV4QueryAuth)
    error = refusal(built(), sent.having(authorization=signed(ROOT).headers[b"authorization"]))
    assert str(error).startswith("Found both 'X-Amz-Algorithm' as a query-string param")


def authorization(old: bytes, new: bytes) -> Callable[[Sent], Sent]:
    return lambda sent: sent.having(authorization=sent.headers[b"authorization"].replace(old, new))


TAMPERINGS: dict[str, Callable[[Sent], Sent]] = {
    "method": lambda sent: replace(sent, method=b"PUT"),
    "path": lambda sent: replace(sent, target=sent.target.replace(b"hello", b"other")),
    "query": lambda sent: replace(sent, target=sent.target + b"&more=1"),
    "query's value": lambda sent: replace(sent, target=sent.target.replace(b"v1", b"v2")),
    "header": lambda sent: sent.having(x_amz_log_type=b"None"),
    "header left out": lambda sent: sent.having(x_amz_log_type=None),
    "host": lambda sent: sent.having(host=b"elsewhere"),
    "body": lambda sent: replace(sent, body=sent.body + b" "),
    "no body": lambda sent: replace(sent, body=b""),
    "date": lambda sent: sent.having(x_amz_date=b"20240501T123457Z"),
    "signed headers": authorization(b";x-amz-log-type", b""),
    "region": authorization(b"us-east-1", b"us-east-2"),
    "service": authorization(b"/lambda/", b"/sts/"),
    "signature": authorization(b"Signature=", b"Signature=0"),
    "signature left short": lambda sent: sent.having(
        authorization=sent.headers[b"authorization"][:-1]
    ),
    "hash declared": lambda sent: sent.having(x_amz_content_sha256=b"UNSIGNED-PAYLOAD"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
@pytest.mark.parametrize("key", [ROOT, ROLE], ids=["root", "role"])
def test_a_request_that_is_not_what_was_signed_is_refused(
    tampering: Callable[[Sent], Sent], key: AccessKey
) -> None:
    sent = signed(key, target=f"{INVOKE}?Qualifier=v1", headers={"X-Amz-Log-Type": "Tail"})
    warm = built()
    assert authenticate(warm, sent).verified
    for authenticator in (warm, built()):
        error = refusal(authenticator, tampering(sent))
        assert isinstance(error, InvalidSignature)
        assert str(error) == MISMATCH


PRESIGNED_TAMPERINGS = {
    "expiry": (b"X-Amz-Expires=60", b"X-Amz-Expires=600"),
    "path": (b"hello", b"other"),
    "date": (b"T123456Z", b"T123455Z"),
    "signature": (b"X-Amz-Signature=", b"X-Amz-Signature=0"),
    "parameter": (b"Qualifier=v1", b"Qualifier=v2"),
    "parameter added": (b"Qualifier=v1", b"Qualifier=v1&more="),
    "region": (b"us-east-1", b"us-east-2"),
}


@pytest.mark.parametrize(("old", "new"), PRESIGNED_TAMPERINGS.values(), ids=PRESIGNED_TAMPERINGS)
def test_a_presigned_url_that_is_not_what_was_signed_is_refused(old: bytes, new: bytes) -> None:
    sent = signed(
        ROLE,
        method="GET",
        target=f"{INVOKE}?Qualifier=v1",
        body=b"",
        signer=SigV4QueryAuth,
        expires=60,
    )
    warm = built()
    assert authenticate(warm, sent).verified
    assert old in sent.target
    for authenticator in (warm, built()):
        error = refusal(authenticator, replace(sent, target=sent.target.replace(old, new)))
        assert str(error) == MISMATCH


def test_the_declared_hash_must_be_the_bodys_even_when_it_is_signed() -> None:
    for declared in ("UNSIGNED-PAYLOAD", "0" * 64):
        sent = signed(ROOT, headers={"X-Amz-Content-SHA256": declared})
        assert str(refusal(built(), sent)) == MISMATCH


def test_s3_takes_bodies_that_are_not_signed() -> None:
    sent = signed(
        ROOT,
        service="s3",
        target="/bucket/key",
        headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"},
    )
    assert authenticate(built(), replace(sent, body=b"anything")).verified


def test_a_target_read_for_one_service_is_not_taken_for_anothers() -> None:
    authenticator = built()
    for _ in range(2):
        assert authenticate(authenticator, signed(ROOT, target="/a%3Ab")).verified
        s3 = signed(ROOT, target="/a%3Ab", service="s3", signer=S3SigV4Auth)
        assert authenticate(authenticator, s3).verified


def test_host_must_be_signed() -> None:
    sent = signed(ROOT)
    changed = sent.headers[b"authorization"].replace(b"host;", b"")
    error = refusal(built(), sent.having(authorization=changed))
    assert str(error) == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."


def test_a_date_header_serves_as_well() -> None:
    sent = signed(ROOT, headers={"Date": "now"})
    assert b"x-amz-date" not in sent.headers
    assert authenticate(built(), sent).verified


def test_a_key_of_ours_needs_a_date() -> None:
    error = refusal(built(), signed(ROOT).having(x_amz_date=None))
    assert isinstance(error, IncompleteSignature)
    assert str(error) == (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    )
