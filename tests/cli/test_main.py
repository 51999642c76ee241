"""The whole program, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon.stage import ROOT


def lambent(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "lambent", *arguments],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", "HOME": "/", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_is_there() -> None:
    shown = lambent("--help").stdout
    for command in ("up", "doctor", "functions", "invoke", "logs", "operations"):
        assert f" {command} " in shown


def test_the_version_is_told() -> None:
    assert lambent("--version").stdout == "lambent 0.1.0\n"


def test_completion_completes_a_command() -> None:
    completed = lambent(_LAMBENT_COMPLETE="complete_bash", COMP_WORDS="lambent fun", COMP_CWORD="1")
    assert completed.stdout.split() == ["functions"]


@pytest.mark.parametrize(
    ("arguments", "environ", "status", "words"),
    [
        (["--prot", "1"], {}, 2, "No such option: --prot"),
        (["--bind", "0.0.0.0"], {}, 2, "lambent: Binding 0.0.0.0 lets every host"),
        (["--port", "70000"], {}, 2, "lambent: The value 70000 of the option --port"),
        ([], {"LAMBENT_PROT": "1"}, 2, 'lambent: Unknown environment variable "LAMBENT_PROT"'),
        (["--config", "/none.toml"], {}, 2, "lambent: Cannot read the configuration file"),
    ],
)
def test_up_refuses_what_cannot_be_with_status_2(
    arguments: list[str], environ: dict[str, str], status: int, words: str
) -> None:
    refused = lambent("up", *arguments, **environ)
    assert refused.returncode == status
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.root
def test_up_that_cannot_start_says_why_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = lambent("up", "--data-dir", str(tmp_path / "file"))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"lambent: Cannot use the data directory {tmp_path / 'file'}: it is not a directory.\n"
    )


def test_up_as_an_ordinary_user_names_sudo() -> None:
    program = (
        "import sys\nfrom lambent.daemon.config import Settings\n"
        "from lambent.daemon.failure import StartFailure\nfrom lambent.daemon.start import up\n"
        "import os; os.geteuid = lambda: 1000\n"
        "try: up(Settings(), launcher='./lambent')\n"
        "except StartFailure as failure: print(failure)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "Making sandboxes needs root: run sudo ./lambent up.\n"
