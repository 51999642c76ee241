"""Keys of ours, told apart from everybody else's."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.identity.keyring import Keyring, role_id
from lambent.identity.keys import AccessKey, MasterKey
from lambent.model.errors import UnrecognizedClient

MASTER = MasterKey(secret=bytes(range(32)))
KEYRING = Keyring(master=MASTER)
STRANGE = Keyring(master=MasterKey(secret=bytes(32)))
ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/thumbnails"
INVALID = r"^The security token included in the request is invalid\.$"


def role_key(
    keyring: Keyring = KEYRING, *, session_name: str = "hello", region: str = "eu-west-1"
) -> AccessKey:
    return keyring.role_credentials(
        role_arn=ROLE_ARN,
        session_name=session_name,
        account_id="123456789012",
        region=region,
        expires_at_ms=1_714_600_000_000,
    )


def test_role_credentials_have_the_form_of_awss() -> None:
    key = role_key()
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", key.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key.secret_access_key)
    assert re.fullmatch(r"[A-Za-z0-9+/=]{100,1000}", key.session_token)


def test_role_credentials_stand_for_the_session_of_the_role() -> None:
    key = role_key()
    issued = KEYRING.find(key.access_key_id, key.session_token)
    assert issued is not None
    assert issued.access_key == key
    assert issued.account_id == "123456789012"
    assert issued.expires_at_ms == 1_714_600_000_000
    assert issued.user_id == f"{role_id(ROLE_ARN)}:hello"
    assert issued.arn("us-east-1") == "arn:aws:sts::123456789012:assumed-role/thumbnails/hello"


def test_a_roles_session_stays_in_the_partition_that_it_was_made_in() -> None:
    key = role_key(region="cn-north-1")
    issued = KEYRING.find(key.access_key_id, key.session_token)
    assert issued is not None
    assert issued.arn("us-east-1").startswith("arn:aws-cn:sts::")


def test_the_root_key_is_the_root_user_of_the_partition_that_is_addressed() -> None:
    root = MASTER.root_access_key
    issued = KEYRING.find(root.access_key_id, "")
    assert issued is not None
    assert issued.access_key == root
    assert issued.user_id == issued.account_id == "000000000000"
    assert issued.arn("us-gov-west-1") == "arn:aws-us-gov:iam::000000000000:root"
    assert issued.expires_at_ms is None


def test_the_root_key_with_a_token_is_refused() -> None:
    with pytest.raises(UnrecognizedClient, match=INVALID):
        KEYRING.find(MASTER.root_access_key.access_key_id, role_key().session_token)


@pytest.mark.parametrize(
    "access_key_id",
    [
        "test",
        "",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "ASIAAAAAAAAAAAAAAAAA",
        "ASIA1111111111111111",
        "ASIAé",
        "ASIAéééééééééééééééé",
        STRANGE.role_credentials(
            role_arn=ROLE_ARN, session_name="s", account_id="1", region="r", expires_at_ms=1
        ).access_key_id,
        MasterKey(secret=bytes(32)).root_access_key.access_key_id,
        role_key().access_key_id.lower(),
    ],
)
def test_a_key_that_we_never_issued_is_not_ours(access_key_id: str) -> None:
    assert KEYRING.find(access_key_id, "token") is None


def test_a_key_of_ours_with_a_wrong_token_is_refused() -> None:
    key, other = role_key(), role_key(session_name="other")
    raw = bytearray(base64.b64decode(key.session_token))
    raw[5] ^= 1
    for token in (
        "",
        "token",
        "é",
        key.session_token[:-4],
        key.session_token + "AAAA",
        " " + key.session_token,
        base64.b64encode(raw).decode(),
        other.session_token,
        role_key(STRANGE).session_token,
        "A" * 100_000,
    ):
        with pytest.raises(UnrecognizedClient, match=INVALID):
            KEYRING.find(key.access_key_id, token)


@given(
    role_arn=st.text(max_size=60),
    session_name=st.text(max_size=64),
    region=st.sampled_from(["us-east-1", "eu-west-1"]),
    expires_at_ms=st.integers(0, 2**60),
)
def test_what_is_issued_is_found_again(
    *, role_arn: str, session_name: str, region: str, expires_at_ms: int
) -> None:
    key = KEYRING.role_credentials(
        role_arn=role_arn,
        session_name=session_name,
        account_id="123456789012",
        region=region,
        expires_at_ms=expires_at_ms,
    )
    issued = KEYRING.find(key.access_key_id, key.session_token)
    assert issued is not None
    assert (issued.access_key, issued.expires_at_ms) == (key, expires_at_ms)
    assert STRANGE.find(key.access_key_id, key.session_token) is None


def test_different_sessions_have_different_secrets() -> None:
    keys = [role_key(session_name=f"s{number}") for number in range(50)]
    assert len({key.secret_access_key for key in keys}) == 50
    assert len({key.access_key_id for key in keys}) == 50


def test_a_roles_id_has_awss_form_and_is_its_own() -> None:
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", role_id(ROLE_ARN))
    assert role_id(ROLE_ARN) != role_id(ROLE_ARN + "s")
