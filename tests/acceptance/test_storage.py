"""Where functions and their files lie: encrypted on the disk, and nothing of it named inside."""

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import ROOT, DaemonProcess
from tests.acceptance.functions import call, create, zipped
from tests.acceptance.waiting import eventually

MARKER: Final = "a_line_of_code_that_nobody_else_writes"
LOOK: Final = """
import glob, os
PLACES = ("mountinfo", "mounts", "mountstats", "cgroup", "cmdline", "environ", "maps", "status")
def handler(event, context):
    texts = {}
    for path in [f"/proc/self/{name}" for name in PLACES] + glob.glob("/proc/[0-9]*/cmdline"):
        try: texts[path] = open(path, errors="replace").read()
        except OSError: pass
    return texts
"""
SIZE: Final = """
import os
def handler(event, context):
    s = os.statvfs("/tmp")
    return [s.f_bavail * s.f_frsize >> 20, os.listdir("/tmp")]
"""


def test_nothing_inside_names_a_place_of_the_host(daemon: DaemonProcess, lam: Any) -> None:
    create(lam, "storage-look", LOOK)
    texts, error = call(lam, "storage-look")
    assert error == ""
    assert {"/proc/self/mountinfo", "/proc/self/cgroup", "/proc/self/cmdline"} <= set(texts)
    places = {str(daemon.data_dir), str(ROOT), "/root", "/home", ".pyenv", platform.node()}
    for path, text in texts.items():
        found = [place for place in (*places, *daemon.instances()) if place in text]
        assert found == [], path
    assert {line.split(":")[2] for line in texts["/proc/self/cgroup"].split()} == {"/"}


def test_a_function_has_the_storage_that_it_asks_for_also_from_a_waiting_cell(lam: Any) -> None:
    create(lam, "storage-size", SIZE)
    assert call(lam, "storage-size") == ([512, []], "")
    for size_mb in (10_240, 777):
        lam.update_function_configuration(
            FunctionName="storage-size", EphemeralStorage={"Size": size_mb}
        )
        lam.get_waiter("function_updated_v2").wait(
            FunctionName="storage-size", WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
        )
        assert call(lam, "storage-size") == ([size_mb, []], "")


@pytest.mark.promise("encryption")
def test_code_is_not_on_the_disk_and_is_there_again_after_a_restart(
    own_daemon: DaemonProcess,
) -> None:
    code = f"def handler(event, context): return '{MARKER}'"
    create(own_daemon.client("lambda"), "sealed", code)
    assert call(own_daemon.client("lambda"), "sealed") == (MARKER, "")
    assert own_daemon.stop() == 0
    (blob,) = (own_daemon.data_dir / "blobs").iterdir()
    stored = zipped({"app.py": code})
    assert files_with(own_daemon.data_dir, MARKER.encode(), stored[-60:]) == []

    blob.write_bytes(stored)  # as a version without encryption would have left it
    (own_daemon.data_dir / "trees.img").unlink()
    own_daemon.start()
    assert call(own_daemon.client("lambda"), "sealed") == (MARKER, "")
    eventually(lambda: files_with(own_daemon.data_dir, stored[-60:]) == [])


def test_code_that_was_changed_on_the_disk_never_runs(own_daemon: DaemonProcess) -> None:
    code = zipped({"app.py": "def handler(event, context): return 1"})
    create(own_daemon.client("lambda"), "tampered", "", Code={"ZipFile": code})
    assert own_daemon.stop() == 0
    (blob,) = (own_daemon.data_dir / "blobs").iterdir()
    content = bytearray(blob.read_bytes())
    content[-20] ^= 1
    blob.write_bytes(content)
    (own_daemon.data_dir / "trees.img").unlink()
    own_daemon.start()
    lam = own_daemon.client("lambda")
    told = eventually(lambda: failed(lam, "tampered"))
    assert told["StateReasonCode"] == "InternalError"
    assert "was changed, or sealed with another key" in told["StateReason"]
    with pytest.raises(ClientError, match="No execution environment could be started"):
        call(lam, "tampered")
    lam.update_function_code(FunctionName="tampered", ZipFile=code)
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="tampered", WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )
    assert call(lam, "tampered") == (1, "")


def test_without_its_key_a_data_directory_is_refused_in_a_sentence(tmp_path: Path) -> None:
    ran = subprocess.run(
        [str(ROOT / "lambent"), "up", "--port", "0", "--data-dir", str(tmp_path / "data")],
        env={**os.environ, "LAMBENT_ENCRYPTION_KEY_COMMAND": "echo the vault is shut >&2; exit 7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    sentence = "[encryption] key_command failed with status 7 (the vault is shut)."
    assert ran.stderr.splitlines() == [f"lambent: {sentence}"]


def failed(lam: Any, name: str) -> dict[str, Any] | None:
    told: dict[str, Any] = lam.get_function(FunctionName=name)["Configuration"]
    return told if told["State"] == "Failed" else None


def files_with(folder: Path, *markers: bytes) -> list[str]:
    """The files below `folder` that hold one of `markers`; holes are not read."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and "runtimes" not in path.parts:
            held = b"".join(_pieces(path))
            found += [json.dumps([str(path), repr(m)]) for m in markers if m in held]
    return found


def _pieces(path: Path) -> list[bytes]:
    pieces: list[bytes] = []
    end = 0
    with path.open("rb") as file:
        while True:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:  # no more
                return pieces
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            pieces.append(os.pread(file.fileno(), end - start, start))
