"""The file that all of the daemon's processes append to."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lambent.kit.log_file import LogFile

ROOT = Path(__file__).parents[2]
WRITER = """
import os, sys
from pathlib import Path
from lambent.kit.log_file import LogFile
if uid := int(sys.argv[5]):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
path, name, lines, kept = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
file = LogFile(path, descriptor=1, largest_bytes=2_000, kept=kept)
for number in range(lines):
    file.write(f"{name} {number} {'x' * (number % 50)}\\n".encode())
"""


@pytest.fixture
def descriptor() -> Iterator[int]:
    opened = os.open("/dev/null", os.O_WRONLY)
    yield opened
    os.close(opened)


@contextmanager
def no_room() -> Iterator[None]:
    """No file can grow."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def writer(
    path: Path, name: str, *, lines: int, kept: int, uid: int = 0
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            *("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-P", "-c", WRITER),
            *(str(path), name, str(lines), str(kept), str(uid)),
        ],
        stdout=subprocess.DEVNULL,
    )


def test_what_several_processes_write_is_all_there_however_often_it_is_rotated(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    writers = [writer(path, name, lines=400, kept=60) for name in ("a", "b", "c")]
    assert [process.wait() for process in writers] == [0, 0, 0]
    files = [file for file in tmp_path.iterdir() if not file.name.endswith(".lock")]
    assert 3 < len(files) < 60
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert sorted(lines) == sorted(
        f"{name} {number} {'x' * (number % 50)}"
        for name in ("a", "b", "c")
        for number in range(400)
    )


def test_only_so_many_files_are_kept_and_the_newest_lines_are_among_them(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert writer(path, "a", lines=1_000, kept=3).wait() == 0
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["log", "log.1", "log.2", "log.lock"]
    kept = "".join((tmp_path / name).read_text() for name in ("log.2", "log.1", "log"))
    numbers = [int(line.split()[1]) for line in kept.splitlines()]
    assert numbers == list(range(numbers[0], 1_000))


def test_what_goes_to_the_descriptor_by_itself_is_in_the_file_too(
    tmp_path: Path, descriptor: int
) -> None:
    file = LogFile(tmp_path / "log", descriptor=descriptor)
    file.catch_up()
    os.write(descriptor, b"a traceback\n")
    assert (tmp_path / "log").read_text() == "a traceback\n"


def test_a_file_that_was_taken_away_is_begun_anew(tmp_path: Path, descriptor: int) -> None:
    file = LogFile(tmp_path / "log", descriptor=descriptor)
    file.write(b"one\n")
    (tmp_path / "log").unlink()
    file.write(b"two\n")
    assert (tmp_path / "log").read_text() == "two\n"


def test_a_full_disk_raises_and_does_not_wait(tmp_path: Path, descriptor: int) -> None:
    with no_room(), pytest.raises(OSError, match="File too large"):
        LogFile(tmp_path / "log", descriptor=descriptor).write(b"one\n")


def test_no_link_is_followed_and_no_file_that_has_another_name_is_written_to(
    tmp_path: Path, descriptor: int
) -> None:
    (tmp_path / "others").write_text("")
    (tmp_path / "log").symlink_to("others")
    with pytest.raises(OSError, match="symbolic links"):
        LogFile(tmp_path / "log", descriptor=descriptor).write(b"one\n")
    (tmp_path / "log").unlink()
    (tmp_path / "log").hardlink_to(tmp_path / "others")
    with pytest.raises(OSError, match="not a plain file of one name"):
        LogFile(tmp_path / "log", descriptor=descriptor).write(b"one\n")
    assert (tmp_path / "others").read_text() == ""


@pytest.mark.root
def test_a_directory_that_another_user_may_exchange_is_not_written_to(
    tmp_path: Path, descriptor: int
) -> None:
    os.chown(tmp_path, 4321, 4321)
    with pytest.raises(OSError, match="another user's directory"):
        LogFile(tmp_path / "log", descriptor=descriptor).write(b"one\n")


@pytest.mark.root
def test_root_and_another_user_append_to_and_rotate_the_same_file(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    os.chown(shared, 0, 4321)
    shared.chmod(0o2770)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.geteuid() and folder.is_relative_to("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o111)
    tmp_path.chmod(0o711)
    writers = [
        writer(shared / "log", name, lines=400, kept=60, uid=uid)
        for name, uid in (("a", 0), ("b", 4321), ("c", 4321))
    ]
    assert [process.wait() for process in writers] == [0, 0, 0]
    files = [file for file in shared.iterdir() if not file.name.endswith(".lock")]
    assert sum(len(file.read_text().splitlines()) for file in files) == 1_200
    assert {file.stat().st_uid for file in files} == {0, 4321}


def test_descriptors_are_not_left_open(tmp_path: Path, descriptor: int) -> None:
    file = LogFile(tmp_path / "log", descriptor=descriptor, largest_bytes=10)
    file.write(b"0123456789\n")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        file.write(b"0123456789\n")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
