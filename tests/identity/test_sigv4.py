"""Canonical requests and keys."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.identity.sigv4 import (
    MISMATCH,
    Form,
    SigningKey,
    canonical_target,
    full_canonical_target,
    payload_hash,
)
from lambent.model.errors import InvalidSignature, NotImplementedHere

EMPTY = hashlib.sha256(b"").hexdigest().encode()


def test_the_example_of_awss_documentation_comes_out() -> None:
    headers = {
        b"host": b"iam.amazonaws.com",
        b"content-type": b"application/x-www-form-urlencoded; charset=utf-8",
        b"x-amz-date": b"20150830T123600Z",
    }
    canonical = Form(b"content-type;host;x-amz-date").canonical(
        b"GET", canonical_target(b"/?Version=2010-05-08&Action=ListUsers", "iam"), headers, EMPTY
    )
    assert (
        hashlib.sha256(canonical).hexdigest()
        == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
    )
    key = SigningKey(
        secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        scope=b"20150830/us-east-1/iam/aws4_request",
    )
    assert (
        key.signature(b"20150830T123600Z", canonical)
        == b"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


@given(st.text(alphabet="aB9-_.~/%2f:é", max_size=20).map(lambda text: b"/" + text.encode()))
def test_the_fast_way_to_a_target_leads_where_the_full_one_does(target: bytes) -> None:
    for service in ("lambda", "s3"):
        assert canonical_target(target, service) == full_canonical_target(target, service)


@pytest.mark.parametrize(
    ("target", "service", "expected"),
    [
        (b"/a/../b//c/./d/", "lambda", b"/b/c/d/\n"),
        (b"/../..", "lambda", b"/\n"),
        (b"/a%3Ab", "lambda", b"/a%253Ab\n"),
        (b"/a%3ab//c/%2f/..", "s3", b"/a%3Ab//c/%2F/..\n"),
        (
            b"/?b=2&a=%2f&a=1&c",
            "lambda",
            b"/\na=%2F&a=1&b=2&c=",
        ),
        (b"/?x=a+b", "lambda", b"/\nx=a%20b"),
        (b"/?X-Amz-Signature=1&x=2", "lambda", b"/\nx=2"),
        (b"*", "lambda", b"/%2A\n"),
    ],
)
def test_targets_are_brought_into_form(target: bytes, service: str, expected: bytes) -> None:
    assert canonical_target(target, service) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"a  b", b"a b"), (b" a ", b"a"), (b"a \t b\t", b"a b"), (b"a b", b"a b"), (b"", b"")],
)
def test_header_values_are_trimmed_and_squeezed(value: bytes, expected: bytes) -> None:
    canonical = Form(b"host;x").canonical(b"GET", b"/\n", {b"host": b"h", b"x": value}, EMPTY)
    assert canonical == b"GET\n/\n\nhost:h\nx:" + expected + b"\n\nhost;x\n" + EMPTY


def test_host_alone_may_be_signed() -> None:
    canonical = Form(b"host").canonical(b"GET", b"/\n", {b"host": b"h"}, EMPTY)
    assert canonical == b"GET\n/\n\nhost:h\n\nhost\n" + EMPTY


def test_a_header_name_with_a_percent_sign_stays_itself() -> None:
    headers = {b"host": b"h", b"x%b": b"1"}
    canonical = Form(b"host;x%b").canonical(b"GET", b"/\n", headers, EMPTY)
    assert canonical == b"GET\n/\n\nhost:h\nx%b:1\n\nhost;x%b\n" + EMPTY


def test_host_must_be_signed() -> None:
    with pytest.raises(
        InvalidSignature,
        match=r"^'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization\.$",
    ):
        Form(b"hosts;x-amz-date")


def test_a_signed_header_that_was_not_sent_is_refused() -> None:
    with pytest.raises(InvalidSignature, match=MISMATCH[:40]):
        Form(b"host;x").canonical(b"GET", b"/\n", {b"host": b"h"}, EMPTY)


@given(secret=st.text(max_size=80), canonical=st.binary(max_size=200))
def test_a_signing_key_is_hmac(secret: str, canonical: bytes) -> None:
    scope = b"20240501/us-east-1/lambda/aws4_request"
    key = b"AWS4" + secret.encode("utf-8", "replace")
    for part in scope.split(b"/"):
        key = hmac.new(key, part, hashlib.sha256).digest()
    text = b"\n".join(
        [b"AWS4-HMAC-SHA256", b"D", scope, hashlib.sha256(canonical).hexdigest().encode()]
    )
    ours = SigningKey(secret_access_key=secret, scope=scope).signature(b"D", canonical)
    assert ours.decode() == hmac.new(key, text, hashlib.sha256).hexdigest()


def test_a_body_is_hashed_whatever_is_said_of_it() -> None:
    digest = hashlib.sha256(b"body").hexdigest().encode()
    assert payload_hash(b"", b"body", "lambda") == digest
    assert payload_hash(digest, b"body", "lambda") == digest
    for declared in (EMPTY, b"UNSIGNED-PAYLOAD", b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        with pytest.raises(InvalidSignature):
            payload_hash(declared, b"body", "lambda")


def test_a_hash_that_somebody_has_computed_is_taken() -> None:
    digest = hashlib.sha256(b"body").hexdigest()
    assert payload_hash(b"", b"body", "lambda", digest) == digest.encode()
    with pytest.raises(InvalidSignature):
        payload_hash(EMPTY, b"body", "lambda", digest)


def test_s3_alone_takes_bodies_that_are_not_signed() -> None:
    assert payload_hash(b"UNSIGNED-PAYLOAD", b"body", "s3") == b"UNSIGNED-PAYLOAD"
    with pytest.raises(InvalidSignature):
        payload_hash(EMPTY, b"body", "s3")
    with pytest.raises(NotImplementedHere, match="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"):
        payload_hash(b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", b"body", "s3")
