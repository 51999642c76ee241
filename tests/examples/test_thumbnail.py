"""The parts of the example that need neither a daemon nor a network."""

import importlib
import io
import zipfile
from pathlib import Path

import pytest

deploy = importlib.import_module("examples.thumbnail.deploy")


def test_every_file_is_readable_to_all_whatever_its_mode(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    secret = tmp_path / "inner" / "secret.py"
    secret.write_text("x = 1\n")
    secret.chmod(0o600)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        deploy.add_tree(archive, tmp_path)
    (entry,) = zipfile.ZipFile(out).infolist()
    assert entry.filename == "inner/secret.py"
    assert entry.external_attr >> 16 == 0o100644


def test_the_package_has_the_handler_and_the_photo() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        deploy.add_tree(archive, deploy.FUNCTION)
        assert {"app.py", "photo.jpg"} == set(archive.namelist())
        photo = archive.read("photo.jpg")
    assert photo.startswith(b"\xff\xd8\xff")
    assert len(photo) < 60_000


@pytest.mark.parametrize(
    ("runtime", "newest"), [("python3.8", "manylinux_2_17"), ("python3.13", "manylinux_2_28")]
)
def test_wheels_fit_the_system_that_the_runtime_is_on_at_aws(runtime: str, newest: str) -> None:
    assert deploy.wheel_platforms(runtime, "aarch64")[-1] == f"{newest}_aarch64"
