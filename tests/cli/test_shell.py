"""The variables for a shell, read back by the shells that are here."""

import json
import subprocess
from pathlib import Path

import pytest

from lambent.cli.shell import Shell, lines, outdated, shell_of
from tests.cli.conftest import type_of_run
from tests.cli.endpoint import Endpoint

ODD = {"AWS_ENDPOINT_URL": "http://h:1", "AWS_REGION": 'it\'s "a" $b `c` \\'}


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_shell_reads_back_what_was_meant_and_forgets_what_is_in_the_way(shell: str) -> None:
    script = "\n".join(
        [
            *lines(Shell.SH, ODD),
            'printf "%s|%s|%s" "$AWS_ENDPOINT_URL" "$AWS_REGION" "$AWS_PROFILE"',
        ]
    )
    told = subprocess.run(
        [f"/bin/{shell}", "-c", script],
        env={"AWS_PROFILE": "work"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == f"{ODD['AWS_ENDPOINT_URL']}|{ODD['AWS_REGION']}|"


def test_fish_and_powershell_have_their_own_syntax() -> None:
    fish, power = lines(Shell.FISH, ODD), lines(Shell.POWERSHELL, ODD)
    assert fish[1] == "set -gx AWS_REGION 'it\\'s \"a\" $b `c` \\\\'"
    assert "set -e AWS_PROFILE" in fish
    assert power[1] == "$Env:AWS_REGION = 'it''s \"a\" $b `c` \\'"
    assert "Remove-Item Env:AWS_PROFILE -ErrorAction SilentlyContinue" in power


@pytest.mark.parametrize(
    ("text", "shell"),
    [
        ("/usr/bin/fish", Shell.FISH),
        ("zsh", Shell.ZSH),
        ("pwsh", Shell.POWERSHELL),
        ("powershell.exe", Shell.POWERSHELL),
        ("/bin/dash", Shell.SH),
        ("", Shell.SH),
    ],
)
def test_a_shell_is_known_by_its_path(text: str, shell: Shell) -> None:
    assert shell_of(text) is shell


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("aws-cli/2.12.7 Python/3.11.4 Linux/6 exe/x86_64", True),
        ("aws-cli/2.13.0 Python/3.11.4 Linux/6 exe/x86_64", False),
        ("aws-cli/1.28.85 Python/3.11", True),
        ("aws-cli/1.29.0 Python/3.11", False),
        ("aws-cli/2.9.19 Python/3.11", True),
        ("aws-cli/3.0.0", False),
        ("", False),
        ("something else", False),
    ],
)
def test_an_aws_cli_that_would_call_aws_is_warned_of(version: str, *, old: bool) -> None:
    assert bool(outdated(version)) is old


def test_the_warning_goes_to_stderr_and_names_the_way_out(
    api: Endpoint, run: type_of_run, tmp_path: Path
) -> None:
    aws = tmp_path / "aws"
    aws.write_text("#!/bin/sh\necho aws-cli/2.9.19 Python/3.11\n")
    aws.chmod(0o755)
    told = run("env", "--shell", "bash", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert told.stdout.splitlines()[0] == f"export AWS_ENDPOINT_URL={api.url}"
    assert told.stdout.splitlines()[-1].startswith("# AWS CLI before 1.29 or 2.13 ignores")
    assert told.stderr == (
        "lambent: The aws here is 2.9.19. AWS CLI before 1.29 or 2.13 ignores AWS_ENDPOINT_URL "
        f"and would call AWS: give it --endpoint-url {api.url}.\n"
    )


def test_json_tells_what_to_set_and_what_to_unset(api: Endpoint, run: type_of_run) -> None:
    told = json.loads(run("env", "--json", "--region", "cn-north-1", PATH="/nowhere").stdout)
    assert told["set"] == {
        "AWS_ENDPOINT_URL": api.url,
        "AWS_REGION": "cn-north-1",
        "AWS_DEFAULT_REGION": "cn-north-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    assert "AWS_PROFILE" in told["unset"]
