"""The data directory's key: made once, kept as it is or locked, and refused in one sentence."""

import logging
from pathlib import Path
from typing import Final

import pytest

from lambent.daemon.data_key import data_key, derived, held, of_descriptor
from lambent.daemon.failure import StartFailure

COMMAND: Final = "printf 0123456789abcdef0123456789abcdef"


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data"
    key = data_key(path, key_command="")
    assert len(key) == 32
    assert data_key(path, key_command="") == key == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_with_a_command_the_file_alone_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data"
    key = data_key(path, key_command=COMMAND)
    assert data_key(path, key_command=f"{COMMAND}; echo") == key  # a line's end is not the key's
    assert key not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_lay_open_is_locked_by_the_first_command(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "data"
    key = data_key(path, key_command="")
    with caplog.at_level(logging.INFO):
        assert data_key(path, key_command=COMMAND) == key
    assert "is locked" in caplog.text
    assert key not in path.read_bytes()
    assert data_key(path, key_command=COMMAND) == key


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("", "DIR/data is locked: set [encryption] key_command to the command that it was"),
        (f"{COMMAND}x", "What [encryption] key_command printed does not unlock DIR/data: it is"),
        ("echo short", "[encryption] key_command printed 6 bytes: a key has 32 to 4096."),
        ("head -c 5000 /dev/zero", "[encryption] key_command printed 5000 bytes: a key has"),
        ("echo no such entry. >&2; exit 3", "key_command failed with status 3 (no such entry)."),
        ("exit 1", "[encryption] key_command failed with status 1."),
        ("/not/there", "key_command failed with status 127 ("),
    ],
)
def test_without_the_right_key_it_does_not_start(
    tmp_path: Path, command: str, sentence: str
) -> None:
    data_key(tmp_path / "data", key_command=COMMAND)
    with pytest.raises(StartFailure) as caught:
        data_key(tmp_path / "data", key_command=command)
    said = str(caught.value).replace(str(tmp_path), "DIR")
    assert sentence in said
    assert "\n" not in said


def test_what_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"half")
    with pytest.raises(StartFailure, match="is not a key"):
        data_key(tmp_path / "data", key_command="")
    assert (tmp_path / "data").read_bytes() == b"half"


def test_keys_for_other_purposes_follow_and_differ() -> None:
    key = bytes(32)
    assert len(derived(key, b"trees", size=64)) == 64
    assert derived(key, b"trees", size=32) != derived(key, b"packages", size=32)
    assert derived(key, b"trees", size=32) == derived(key, b"trees", size=32)


def test_a_key_is_handed_on_as_a_descriptor_that_can_be_read_again() -> None:
    descriptor = held(b"k" * 32)
    assert of_descriptor(descriptor) == of_descriptor(descriptor) == b"k" * 32
