"""A folder as a deployment package."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.cli.failure import CommandFailure
from lambent.cli.package import package


def entries(data: bytes) -> dict[str, tuple[int, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {i.filename: (i.external_attr >> 16, archive.read(i)) for i in archive.infolist()}


def test_modes_are_readable_whatever_they_are_here(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "app.py").write_text("x")
    (tmp_path / "bin/tool").write_text("y")
    (tmp_path / "app.py").chmod(0o600)
    (tmp_path / "bin/tool").chmod(0o700)
    assert entries(package(tmp_path)) == {
        "app.py": (0o100644, b"x"),
        "bin/tool": (0o100755, b"y"),
    }


def test_equal_folders_make_equal_packages(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for file in ("b.py", "a.py"):
            (tmp_path / name / file).write_text(file)
        os.utime(tmp_path / name / "a.py", (1, 1) if name == "one" else None)
    assert package(tmp_path / "one") == package(tmp_path / "two")


def test_what_no_function_needs_is_left_out(tmp_path: Path) -> None:
    for name in ("__pycache__", ".git", ".venv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("")
    (tmp_path / ".hidden").write_text("kept")
    (tmp_path / "app.py").write_text("")
    assert set(entries(package(tmp_path))) == {".hidden", "app.py"}


def test_a_link_within_is_kept_and_one_that_leads_out_refused(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    (folder / "lib").mkdir(parents=True)
    (folder / "app.py").write_text("")
    (folder / "lib/app").symlink_to("../app.py")
    assert entries(package(folder))["lib/app"] == (0o120777, b"../app.py")
    for target in ("../outside", "/etc/passwd"):
        (folder / "bad").unlink(missing_ok=True)
        (folder / "bad").symlink_to(target)
        with pytest.raises(CommandFailure, match="link out of the package"):
            package(folder)


def test_a_pipe_a_missing_folder_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailure, match="holds no file"):
        package(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandFailure, match="no ordinary file"):
        package(tmp_path)
    with pytest.raises(CommandFailure, match=r"neither a folder nor a \.zip"):
        package(tmp_path / "none")


def test_a_zip_goes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"whatever")
    assert package(tmp_path / "x.zip") == b"whatever"


names = st.text(alphabet="abc-_é ", min_size=1, max_size=8).filter(lambda t: t.strip() == t)


@given(files=st.dictionaries(names, st.binary(max_size=100), min_size=1, max_size=5))
def test_every_file_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert {n: c for n, (_, c) in entries(package(folder)).items()} == files
