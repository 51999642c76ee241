"""`lambent up`, read without the command line's library."""

import inspect
from pathlib import Path

import pytest

from lambent.daemon import commands
from lambent.daemon.up_line import SWITCHES, TAKING_A_VALUE, plain_flags


def test_every_option_of_a_daemon_in_the_foreground_is_known() -> None:
    parameters = {*inspect.signature(commands.up).parameters} - {"detach", "as_json"}
    options = {f"--{name.replace('_', '-')}" for name in parameters}
    assert options == {*TAKING_A_VALUE, *SWITCHES}


def test_plain_options_are_read_as_the_command_line_reads_them() -> None:
    line = "up --port 4600 --bind=::1 --data-dir /a --allow-open-bind --idle-seconds 2.5"
    assert plain_flags(line.split()) == {
        "port": 4600,
        "bind": "::1",
        "data_dir": Path("/a"),
        "allow_open_bind": True,
        "idle_seconds": 2.5,
    }


def test_no_options_are_no_flags() -> None:
    assert plain_flags(["up"]) == {}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "functions list",
        "up --help",
        "up --detach",
        "up -h",
        "up --prot 1",
        "up --port",
        "up --port --bind",
        "up --port x",
        "up --port -1",
        "up --allow-open-bind=yes",
        "up somewhere",
        "--version",
    ],
)
def test_anything_else_is_left_to_the_command_line(line: str) -> None:
    assert plain_flags(line.split()) is None
