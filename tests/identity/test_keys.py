"""The master key and the root access key."""

import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambent.identity.keys import AccessKey, MasterKey


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_master_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "master"
    made = MasterKey.load_or_create(path)
    content = path.read_bytes()
    assert len(content) == 32
    assert mode(path) == 0o600
    assert MasterKey.load_or_create(path).derive(b"p", b"m") == made.derive(b"p", b"m")
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_two_data_directories_have_different_keys(tmp_path: Path) -> None:
    one = MasterKey.load_or_create(tmp_path / "one").root_access_key
    other = MasterKey.load_or_create(tmp_path / "other").root_access_key
    assert one.access_key_id != other.access_key_id
    assert one.secret_access_key != other.secret_access_key


def test_makers_at_the_same_time_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "master"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: MasterKey.load_or_create(path), range(8)))
    assert len({key.derive(b"p", b"m") for key in keys}) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_holds_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "master"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match=r"is not a master key: it has 5 bytes, not 32"):
        MasterKey.load_or_create(path)
    assert path.read_bytes() == b"short"


def test_a_master_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        MasterKey(secret=bytes(31))


def test_purposes_do_not_share_derived_bytes() -> None:
    master = MasterKey(secret=bytes(32))
    assert master.derive(b"a", b"bc") != master.derive(b"ab", b"c")


def test_the_root_access_key_follows_from_the_master_key() -> None:
    key = MasterKey(secret=bytes(range(32))).root_access_key
    assert key == MasterKey(secret=bytes(range(32))).root_access_key
    assert re.fullmatch(r"LKIA[A-Z2-7]{16}", key.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key.secret_access_key)
    assert key.session_token == ""


def test_the_root_key_is_written_as_json_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    path.write_text("old")
    path.chmod(0o644)
    master = MasterKey(secret=bytes(32))
    master.write_root_key(path)
    assert json.loads(path.read_text()) == {
        "AccessKeyId": master.root_access_key.access_key_id,
        "SecretAccessKey": master.root_access_key.secret_access_key,
    }
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_not_shown_by_repr() -> None:
    key = AccessKey(access_key_id="LKIA", secret_access_key="hidden", session_token="hidden")
    assert "hidden" not in repr(key)
    assert "LKIA" in repr(key)
