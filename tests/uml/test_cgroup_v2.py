"""Tests of sandboxes on cgroup v2 alone, by a kernel that has nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_LINUX = shutil.which("linux.uml")
_REPOSITORY = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.uml,
    pytest.mark.slow,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(os.geteuid() != 0, reason="it needs root"),
    pytest.mark.skipif(
        _LINUX is None or shutil.which("modprobe") is None,
        reason="apt-get install user-mode-linux kmod",
    ),
]
_SANDBOXES = (
    "tests/sandbox/test_direct.py",
    *("-k", "uvloop"),  # one loop is enough here
    # No owner of a tree in memory is mapped before Linux 6.3.
    "--deselect=tests/sandbox/test_direct.py::test_code_of_another_owner_is_root_s_inside",
)
_DAEMON = (
    "tests/acceptance/test_freezing.py",
    "tests/acceptance/test_first_function.py",
)


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(("tests/sandbox/spawner/test_cgroups.py",), id="groups"),
        pytest.param(_SANDBOXES, id="sandboxes"),
        pytest.param(_DAEMON, id="daemon"),
    ],
)
def test_it_holds_on_cgroup_v2_alone(tests: tuple[str, ...]) -> None:
    assert _LINUX is not None
    booted = subprocess.run(
        [
            *(_LINUX, "mem=2048M", "rootfstype=hostfs", "rootflags=/", "ro", "quiet"),
            *("con=null", "con0=fd:0,fd:1", f"init={_REPOSITORY}/tests/uml/init.sh"),
            f"UML_REPOSITORY={_REPOSITORY}",
            f"UML_TESTS={','.join(tests)}",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    assert "tests ended: 0" in booted.stdout, booted.stdout
    assert " passed" in booted.stdout, booted.stdout
