"""Where an ordinary user's daemon lives."""

import os
from pathlib import Path

import pytest

from lambent.daemon.failure import StartFailure
from lambent.daemon.places import data_dir_of, own, run_root_of


def test_root_has_the_system_s_places() -> None:
    environ = {"XDG_RUNTIME_DIR": "/run/user/0", "XDG_DATA_HOME": "/root/x"}
    assert run_root_of(environ, uid=0) == Path("/run/lambent")
    assert data_dir_of(environ, uid=0) == Path("/var/lib/lambent")


def test_an_ordinary_user_has_the_desktop_s(tmp_path: Path) -> None:
    uid = tmp_path.stat().st_uid or 4_242
    os.chown(tmp_path, uid, -1)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path), "XDG_DATA_HOME": "/data"}
    assert run_root_of(environ, uid=uid) == tmp_path / "lambent"
    assert data_dir_of(environ, uid=uid) == Path("/data/lambent")


def test_a_runtime_directory_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    uid = tmp_path.stat().st_uid + 4_242
    assert run_root_of({"XDG_RUNTIME_DIR": str(tmp_path)}, uid=uid) == Path(f"/tmp/lambent-{uid}")


def test_the_run_directory_must_be_one_s_own_and_no_link(tmp_path: Path) -> None:
    assert own(tmp_path / "a/b").is_dir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(StartFailure, match="another user's; set XDG_RUNTIME_DIR"):
        own(tmp_path / "link")
