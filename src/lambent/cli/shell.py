"""`lambent env`: the variables that point AWS's clients at the daemon, as a shell takes them."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, Final

import typer

from lambent.cli.session import DEFAULT_ENDPOINT, AsJson, Endpoint, Region, reporting, say, say_json

_OLDEST: Final = {1: (1, 29, 0), 2: (2, 13, 0)}
"""The first AWS CLI of each line that heeds AWS_ENDPOINT_URL."""
_IN_THE_WAY: Final = (
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
"""What would lead a client elsewhere although the other variables are set."""
_SECONDS: Final = 20.0
_NOTE: Final = (
    "AWS CLI before 1.29 or 2.13 ignores AWS_ENDPOINT_URL and would call AWS: "
    "give it --endpoint-url {endpoint}."
)


class Shell(StrEnum):
    """Whose syntax to write."""

    SH = "sh"
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@reporting
def env(
    *,
    context: typer.Context,
    shell: Annotated[
        str, typer.Option(envvar="SHELL", help=f"One of {', '.join(Shell)}; else as $SHELL.")
    ] = Shell.SH,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Print them, to be read by `eval "$(lambent env)"`, `lambent env | source` or `Invoke-Expression`."""
    endpoint = endpoint if "//" in endpoint else f"http://{endpoint}"
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    if as_json:
        say_json({"set": variables, "unset": list(_IN_THE_WAY)})
    else:
        for line in lines(shell_of(shell), variables):
            say(line)
    warning = outdated(_aws_version())
    if warning:
        sys.stderr.write(f"lambent: {warning} {_NOTE.format(endpoint=endpoint)}\n")


def shell_of(text: str) -> Shell:
    """A shell by its name or path; for one that is not known, sh, whose syntax most share."""
    name = PurePath(text).name.removesuffix(".exe")
    known = {"pwsh": Shell.POWERSHELL, **{str(shell): shell for shell in Shell}}
    return known.get(name, Shell.SH)


def lines(shell: Shell, variables: Mapping[str, str]) -> Sequence[str]:
    """The whole output for `shell`."""
    setting, unsetting = _SYNTAX.get(shell, _POSIX)
    note = _NOTE.format(endpoint=variables["AWS_ENDPOINT_URL"])
    return [
        *(setting(name, value) for name, value in variables.items()),
        *(unsetting(name) for name in _IN_THE_WAY),
        f"# {note}",
    ]


def outdated(version: str) -> str:
    """What to warn of, given what `aws --version` says; nothing for one that is new enough or not known."""
    found = re.match(r"aws-cli/(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        return ""
    number = (int(found[1]), int(found[2]), int(found[3]))
    if number >= _OLDEST.get(number[0], (0, 0, 0)):
        return ""
    return f"The aws here is {'.'.join(found.groups())}."


def _aws_version() -> str:
    aws = shutil.which("aws")
    if aws is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603  what the person would run by `aws`
            [aws, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout or asked.stderr  # version 1 on an old Python says it on stderr


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_Syntax = tuple[Callable[[str, str], str], Callable[[str], str]]
_POSIX: Final[_Syntax] = (
    lambda name, value: f"export {name}={shlex.quote(value)}",
    lambda name: f"unset {name}",
)
_SYNTAX: Final[Mapping[Shell, _Syntax]] = {
    Shell.FISH: (
        lambda name, value: f"set -gx {name} {_fish_quoted(value)}",
        lambda name: f"set -e {name}",
    ),
    Shell.POWERSHELL: (
        lambda name, value: f"$Env:{name} = {_powershell_quoted(value)}",
        lambda name: f"Remove-Item Env:{name} -ErrorAction SilentlyContinue",
    ),
}
