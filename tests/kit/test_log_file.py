"""The file that all of the daemon's processes append to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.kit.log_file import LogFile

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from lambent.kit.log_file import LogFile
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


def writer(path: Path, name: str, *, lines: int, kept: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            *("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-P", "-c", WRITER),
            *(str(path), name, str(lines), str(kept)),
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
    (tmp_path / "log").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        LogFile(tmp_path / "log", descriptor=descriptor).write(b"one\n")


def test_descriptors_are_not_left_open(tmp_path: Path, descriptor: int) -> None:
    file = LogFile(tmp_path / "log", descriptor=descriptor, largest_bytes=10)
    file.write(b"0123456789\n")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        file.write(b"0123456789\n")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
