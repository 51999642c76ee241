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
    commands = ("up", "down", "status", "doctor", "functions", "invoke", "logs", "env", "reset")
    for command in (*commands, "operations"):
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


COMPLETED = """
source "$1"
COMP_WORDS=(./lambent fun) COMP_CWORD=1
_lambent_completion ./lambent
complete -p lambent
echo "${COMPREPLY[@]}"
"""


def test_an_installed_completion_works_for_the_program_of_a_checkout(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    installed = subprocess.run(
        # `true` keeps bash from becoming the program: the shell is found as its parent.
        ["/bin/bash", "-c", "./lambent --install-completion; true"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    script = tmp_path / ".bash_completions" / "lambent.sh"
    assert f"bash completion installed in {script}" in installed.stdout
    assert str(script) in (tmp_path / ".bashrc").read_text()
    assert "ln -s" in installed.stderr
    completed = subprocess.run(
        ["/bin/bash", "-c", COMPLETED, "bash", str(script)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert completed.stdout.splitlines() == [
        "complete -o default -F _lambent_completion lambent",
        "functions",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_their_completion_by_the_bare_name(shell: str) -> None:
    shown = lambent(
        "--show-completion",
        shell,
        LAMBENT_LAUNCHER="./lambent",
        _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1",
    )
    assert "_LAMBENT_COMPLETE=complete_" in shown.stdout
    assert "./lambent" not in shown.stdout


@pytest.mark.parametrize("command", ["down", "status"])
def test_without_a_daemon_that_is_one_sentence_and_status_1(tmp_path: Path, command: str) -> None:
    told = lambent(command, "--data-dir", str(tmp_path / "none"))
    assert told.returncode == 1
    assert (told.stdout + told.stderr).removeprefix("lambent: ") == (
        f"No lambent runs with the data directory {tmp_path / 'none'}.\n"
    )


def test_json_of_a_daemon_in_the_foreground_is_refused() -> None:
    refused = lambent("up", "--json")
    assert (refused.returncode, "--json is for --detach" in refused.stderr) == (2, True)
