"""What requests say of their signatures."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.identity.claims import (
    query_pairs,
    read_authorization,
    read_credential,
    read_presigned,
)
from lambent.model.errors import IncompleteSignature, InvalidSignature, ServiceError

CREDENTIAL = b"AKID/20240501/us-east-1/lambda/aws4_request"
QUERY = (
    b"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20240501%2Fus-east-1%2Flambda%2Faws4_request"
    b"&X-Amz-Date=20240501T123456Z&X-Amz-SignedHeaders=host&X-Amz-Signature=abc"
)
NO_PAIR = (
    "Invalid key=value pair (missing equal-sign) in Authorization header "
    "(hashed with SHA-256 and encoded with Base64): '{hash}'."
)
LACKS = "Authorization header requires '%s' parameter. "
ECHO = "(Hashed with SHA-256 and encoded with Base64) Authorization={hash}"


def hashed(text: bytes) -> str:
    return base64.b64encode(hashlib.sha256(text).digest()).decode()


@pytest.mark.parametrize(
    "header",
    [
        b"AWS4-HMAC-SHA256 Credential=%b, SignedHeaders=host;x-amz-date, Signature=abc",
        b"AWS4-HMAC-SHA256 Credential=%b,SignedHeaders=host;x-amz-date,Signature=abc",
        b"AWS4-HMAC-SHA256  Credential=%b,  SignedHeaders=host;x-amz-date,  Signature=abc",
        b"AWS4-HMAC-SHA256 Signature=abc, SignedHeaders=host;x-amz-date, Credential=%b",
        b"AWS4-HMAC-SHA256 Credential=%b SignedHeaders=host;x-amz-date Signature=abc,",
    ],
)
def test_the_header_may_be_spaced_and_ordered_freely(header: bytes) -> None:
    claim = read_authorization(header % CREDENTIAL, {b"date": b"D", b"x-amz-date": b"X"})
    assert claim.credential == CREDENTIAL
    assert claim.signed_headers == b"host;x-amz-date"
    assert claim.signature == b"abc"
    assert claim.date == b"X"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (b"Bearer eyJ", NO_PAIR),
        (b"AWS4-HMAC-SHA256 Credential= a/b, SignedHeaders=c, Signature=d", NO_PAIR),
        (b"Bearer", f"{LACKS % 'Credential'}{LACKS % 'Signature'}{LACKS % 'SignedHeaders'}{ECHO}"),
        (b"", f"{LACKS % 'Credential'}{LACKS % 'Signature'}{LACKS % 'SignedHeaders'}{ECHO}"),
        (b"AWS4-HMAC-SHA256 Credential=a, Signature=c", f"{LACKS % 'SignedHeaders'}{ECHO}"),
        (
            b"AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=b, Signature=c",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
        ),
    ],
)
def test_a_malformed_header_is_refused_as_aws_words_it(header: bytes, text: str) -> None:
    with pytest.raises(IncompleteSignature) as refused:
        read_authorization(header, {})
    assert str(refused.value) == text.format(hash=hashed(header))


@given(st.binary(max_size=80))
def test_no_header_is_worse_than_refused(header: bytes) -> None:
    try:
        claim = read_authorization(header, {})
    except IncompleteSignature:
        return
    assert header.startswith(b"AWS4-HMAC-SHA256 ")
    assert claim.credential


def test_a_credential_is_taken_apart() -> None:
    credential = read_credential(CREDENTIAL)
    assert credential == ("AKID", "20240501", "us-east-1", "lambda")
    assert credential.scope == b"20240501/us-east-1/lambda/aws4_request"


@pytest.mark.parametrize("text", ["a/b/c/d", "a", "/1/2/3/aws4_request", "a/1/r/s/aws4_request/x"])
def test_a_credential_of_other_than_five_parts_is_refused(text: str) -> None:
    with pytest.raises(IncompleteSignature) as refused:
        read_credential(text.encode())
    assert str(refused.value) == (
        "Credential must have exactly 5 slash-delimited elements, "
        f"e.g. keyid/date/region/service/term, got '{text}'"
    )


def test_a_region_that_cannot_be_one_and_another_terminator_are_refused_together() -> None:
    with pytest.raises(InvalidSignature) as refused:
        read_credential(b"a/b/C:/d/e")
    assert str(refused.value) == (
        "Credential should be scoped to a valid region, not 'C:'. "
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. "
    )


@given(st.binary(max_size=60))
def test_no_credential_is_worse_than_refused(text: bytes) -> None:
    try:
        credential = read_credential(text + b"/20240501/us-east-1/lambda/aws4_request")
    except ServiceError:
        return
    assert credential.access_key_id


def test_a_presigned_query_is_read() -> None:
    claim = read_presigned(QUERY, {b"x-amz-security-token": b"token"})
    assert claim is not None
    assert claim.credential == CREDENTIAL
    assert (claim.signed_headers, claim.signature) == (b"host", b"abc")
    assert claim.session_token == b"token"
    assert claim.valid_ms == 900_000
    assert claim.declared_hash == b""


def test_a_link_to_an_object_needs_no_hash() -> None:
    claim = read_presigned(QUERY.replace(b"lambda", b"s3") + b"&X-Amz-Expires=60", {})
    assert claim is not None
    assert claim.declared_hash == b"UNSIGNED-PAYLOAD"
    assert claim.valid_ms == 60_000


def test_other_queries_claim_nothing() -> None:
    assert read_presigned(b"/?X-Amz-Expires=5&a=X-Amz-Signature", {}) is None
    assert read_presigned(b"/", {}) is None


def test_a_presigned_query_names_what_it_lacks() -> None:
    with pytest.raises(IncompleteSignature) as refused:
        read_presigned(b"/?X-Amz-Credential=a&X-Amz-Signature=&X-Amz-Date=b", {})
    assert str(refused.value) == (
        "AWS query-string parameters must include 'X-Amz-Algorithm'. "
        "AWS query-string parameters must include 'X-Amz-Signature'. "
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        "Re-examine the query-string parameters."
    )


@pytest.mark.parametrize("expires", [b"", b"-1", b"x", b"604801", b"9999999999", b"\xb2"])
def test_an_expiry_that_is_none_is_refused(expires: bytes) -> None:
    with pytest.raises(IncompleteSignature, match="X-Amz-Expires"):
        read_presigned(QUERY + b"&X-Amz-Expires=" + expires, {})


def test_another_algorithm_in_the_query_is_refused() -> None:
    with pytest.raises(IncompleteSignature, match="Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'"):
        read_presigned(QUERY.replace(b"SHA256", b"SHA1"), {})


def test_a_query_is_decoded_and_keeps_its_order() -> None:
    assert query_pairs(b"b=%2F+x&&a&c=d=e") == [(b"b", b"/ x"), (b"a", b""), (b"c", b"d=e")]
