"""How long a signature, a session and a memory are good."""

from dataclasses import replace

import pytest
from botocore.auth import SigV4QueryAuth

from lambent.identity.sigv4 import MISMATCH
from lambent.model.errors import (
    ExpiredToken,
    InvalidSignature,
    UnrecognizedClient,
)
from tests.fakes.clock import ManualClock
from tests.identity.authenticators import NOW_MS, ROLE, ROOT, built, refusal, stranger
from tests.identity.signing import authenticate, signed


def test_a_signature_is_good_for_fifteen_minutes() -> None:
    clock = ManualClock(epoch_ms=NOW_MS // 1000 * 1000)
    authenticator = built(clock)
    sent = signed(ROOT)
    assert authenticate(authenticator, sent).verified
    clock.advance(900)
    assert authenticate(authenticator, sent).verified
    clock.advance(1)
    error = refusal(authenticator, sent)
    assert isinstance(error, InvalidSignature)
    assert str(error) == (
        "Signature expired: 20240501T123456Z is now earlier than 20240501T123457Z "
        "(20240501T124957Z - 15 min.)"
    )


def test_a_signature_of_the_future_is_refused() -> None:
    at = NOW_MS // 1000 * 1000
    authenticator = built(ManualClock(epoch_ms=at))
    assert authenticate(authenticator, signed(ROOT, epoch_ms=at + 900_000)).verified
    error = refusal(authenticator, signed(ROOT, epoch_ms=at + 901_000))
    assert str(error) == (
        "Signature not yet current: 20240501T124957Z is still later than 20240501T124956Z "
        "(20240501T123456Z + 15 min.)"
    )


def test_a_presigned_url_is_good_for_as_long_as_it_says() -> None:
    clock = ManualClock(epoch_ms=NOW_MS // 1000 * 1000)
    authenticator = built(clock)
    sent = signed(ROOT, method="GET", body=b"", signer=SigV4QueryAuth, expires=3600)
    clock.advance(3600)
    assert authenticate(authenticator, sent).verified
    clock.advance(1)
    assert str(refusal(authenticator, sent)).startswith("Signature expired: 20240501T123456Z")


def test_the_scopes_day_must_be_the_dates() -> None:
    sent = signed(ROOT)
    changed = sent.headers[b"authorization"].replace(b"/20240501/", b"/20240430/")
    error = refusal(built(), sent.having(authorization=changed))
    assert str(error) == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20240430' != '20240501', from '20240501T123456Z'."
    )


def test_a_session_ends_when_it_expires() -> None:
    clock = ManualClock()
    authenticator = built(clock)
    sent = signed(ROLE)
    clock.advance(599)
    assert authenticate(authenticator, sent).verified
    clock.advance(1)
    for refuser in (authenticator, built(clock)):
        error = refusal(refuser, sent)
        assert isinstance(error, ExpiredToken)
        assert str(error) == "The security token included in the request is expired"


@pytest.mark.parametrize("token", [None, b"", b"wrong"])
def test_a_session_without_its_token_is_refused(token: bytes | None) -> None:
    sent = signed(ROLE)
    warm = built()
    assert authenticate(warm, sent).verified
    for authenticator in (warm, built()):
        error = refusal(authenticator, sent.having(x_amz_security_token=token))
        assert isinstance(error, UnrecognizedClient)
        assert str(error) == "The security token included in the request is invalid."


def test_a_key_of_ours_with_another_secret_is_refused() -> None:
    for key in (ROOT, ROLE):
        assert str(refusal(built(), signed(replace(key, secret_access_key="wrong")))) == MISMATCH


def test_only_genuine_signatures_are_remembered_and_not_more_than_allowed() -> None:
    authenticator = built(remembered=4)
    forged = replace(ROOT, secret_access_key="wrong")
    for number in range(8):
        refusal(authenticator, signed(forged, region=f"r-{number}", target=f"/{number}"))
    learned = (authenticator._signers, authenticator._targets, authenticator._forms)
    assert [len(memory) for memory in learned] == [0, 0, 0]
    for number in range(8):
        authenticate(authenticator, signed(ROOT, region=f"r-{number}", target=f"/{number}"))
        authenticate(authenticator, signed(stranger(f"key{number}")))
    assert [len(memory) for memory in learned] == [4, 4, 1]
    assert len(authenticator._strangers) == 4


def test_what_was_forgotten_is_verified_anew() -> None:
    authenticator = built(remembered=1)
    for _ in range(3):
        for region in ("us-east-1", "eu-west-1"):
            assert authenticate(authenticator, signed(ROOT, region=region)).region == region


def test_presigned_urls_are_not_remembered_one_by_one() -> None:
    authenticator = built()
    for seconds in range(3):
        authenticate(
            authenticator,
            signed(ROOT, method="GET", body=b"", signer=SigV4QueryAuth, expires=60 + seconds),
        )
    assert len(authenticator._targets) == 0
