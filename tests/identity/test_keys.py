import base64
import re
import stat
from pathlib import Path

import pytest

from lambent.identity.keys import Keyring, MasterKey, MasterKeyUnusable, RoleCredentials
from lambent.model.errors import UnrecognizedClient

MASTER = MasterKey(b"m" * 32)
ROLE = "arn:aws:iam::123456789012:role/service-role/worker"


def session(master: MasterKey = MASTER, name: str = "fn") -> RoleCredentials:
    return master.role_credentials(
        role_arn=ROLE,
        session_name=name,
        account_id="123456789012",
        region="eu-west-1",
        expires_at_epoch_ms=1_000,
    )


def test_the_master_key_is_made_once_and_private(tmp_path: Path) -> None:
    first = MasterKey.load_or_create(tmp_path / "master")
    second = MasterKey.load_or_create(tmp_path / "master")
    assert first.root_access_key() == second.root_access_key()
    assert stat.S_IMODE((tmp_path / "master").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["master"]


def test_of_two_that_make_it_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "master"

    def other_is_faster(size: int) -> bytes:
        path.write_bytes(b"o" * size)
        return b"s" * size

    slow = MasterKey.load_or_create(path, randomness=other_is_faster)
    assert slow.root_access_key() == MasterKey(b"o" * 32).root_access_key()


def test_a_damaged_master_key_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "master").write_bytes(b"short")
    with pytest.raises(MasterKeyUnusable, match="5 bytes"):
        MasterKey.load_or_create(tmp_path / "master")
    assert (tmp_path / "master").read_bytes() == b"short"


def test_the_root_key_follows_from_master_and_account() -> None:
    key = MASTER.root_access_key()
    assert re.fullmatch(r"LKIA[A-Z2-7]{16}", key.access_key_id)
    assert len(key.secret) == 40
    assert key == MasterKey(b"m" * 32).root_access_key()
    assert key != MASTER.root_access_key("123456789012")
    assert key != MasterKey(b"n" * 32).root_access_key()


def test_role_credentials_look_like_awss() -> None:
    credentials = session()
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", credentials.access_key_id)
    assert len(credentials.secret) == 40
    assert credentials.expires_at_epoch_ms == 1_000
    assert session(name="other").access_key_id != credentials.access_key_id


def test_a_session_is_found_by_id_and_token() -> None:
    credentials = session()
    issued = Keyring(master=MASTER).find(credentials.access_key_id, credentials.session_token)
    assert issued is not None
    assert issued.secret == credentials.secret
    assert (issued.account_id, issued.role_name) == ("123456789012", "worker")
    assert (issued.session_name, issued.region) == ("fn", "eu-west-1")
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", issued.role_id)


def test_the_root_key_is_found_without_a_token() -> None:
    root = MASTER.root_access_key()
    issued = Keyring(master=MASTER).find(root.access_key_id, "")
    assert issued is not None
    assert (issued.secret, issued.account_id, issued.role_arn) == (root.secret, "000000000000", "")
    with pytest.raises(UnrecognizedClient):
        Keyring(master=MASTER).find(root.access_key_id, "token")


@pytest.mark.parametrize(
    "access_key_id",
    ["", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "LKIAAAAAAAAAAAAAAAAA", "ASIAé", "test"],
)
def test_strangers_are_not_found(access_key_id: str) -> None:
    assert Keyring(master=MASTER).find(access_key_id, "whatever") is None


def test_keys_of_another_master_are_strangers() -> None:
    other = session(MasterKey(b"n" * 32))
    assert Keyring(master=MASTER).find(other.access_key_id, other.session_token) is None


def test_a_token_that_does_not_belong_to_its_key_is_invalid() -> None:
    credentials, other = session(), session(name="other")
    token = bytearray(base64.b64decode(credentials.session_token))
    token[-1] ^= 1
    for wrong in ("", "?", "AAAA", other.session_token, base64.b64encode(token).decode()):
        with pytest.raises(
            UnrecognizedClient, match="security token included in the request is inv"
        ):
            Keyring(master=MASTER).find(credentials.access_key_id, wrong)
