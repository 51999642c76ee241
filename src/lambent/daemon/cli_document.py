"""docs/cli.md, made of the commands themselves."""

from collections.abc import Iterator, Mapping
from inspect import unwrap
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from typer.main import get_command

from lambent.cli.main import app
from lambent.daemon.commands import register

_HEAD: Final = """\
# The command line

Made from the code by `./lambent renew`; a test fails when it is not what the code says.

From a checkout it is `./lambent`. `up`, `down`, `status` and `doctor` are about this host and this user's daemon:
root's is another. The other commands speak AWS's API to the daemon at `--endpoint` and need nothing but it. Whatever fails is said in a sentence
on stderr, with what to do about it; the exit status is then 1, and 2 for a command line or a setting that can't be.
"""
_KINDS: Final[Mapping[object, str]] = {int: "INTEGER", float: "NUMBER", Path: "PATH"}
_EXAMPLES: Final = """
## In use

```sh
sudo lambent up --detach               # returns when it is healthy; its log is DATA/log/lambent.log
sudo lambent status                    # exit status 0 when all is well
eval "$(lambent env)"                  # this shell's AWS clients call lambent now
lambent logs one two --follow          # both, as they write, until Ctrl-C
lambent logs one --since 1h --filter '?ERROR ?Traceback' --json
sudo lambent down                      # lets running invocations end

sudo lambent up --detach --allow-reset --data-dir /tmp/tests
lambent reset --yes                    # or: curl -X POST http://127.0.0.1:4566/_lambent/reset
```

A reset deletes all functions, ends their environments with what runs in them, and removes logs and packages; a daemon that
was not started with `--allow-reset` answers it 403. With `--detach` or `--log-to-file` the daemon's own log is kept in five
files of about 10 MB, `lambent.log` and `lambent.log.1` to `.4`; else it goes to stderr, for systemd or a container to keep.

Completion: `lambent --install-completion` for the shell that it is called from (bash, zsh, fish or PowerShell);
`--show-completion` prints it instead. zsh and fish need `lambent` on the PATH; a link to the checkout's `lambent` will do.
"""


def cli_document() -> str:
    """The document's text; adds the commands of the daemon to the command line."""
    register(app)
    parts = [_HEAD, _EXAMPLES]
    for path, command in _commands(get_command(app), "lambent"):
        parts.append(f"\n## {path}\n\n{command.help}\n\n{_table(command)}")
    return "".join(parts)


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name."""
    children = getattr(command, "commands", {})
    for name, child in sorted(children.items()):
        yield from _commands(child, f"{path} {name}")
    if not children:
        yield path, command


def _table(command: Any) -> str:
    hints = get_type_hints(unwrap(command.callback))
    rows = [
        _row(parameter, kind=_kind(hints.get(parameter.name)))
        for parameter in command.params
        if not getattr(parameter, "hidden", 0)
    ]
    if not rows:
        return "It takes nothing.\n"
    return "| | | default |\n|---|---|---|\n" + "".join(f"{row}\n" for row in rows)


def _kind(hint: object) -> str:
    """What the command's own annotation says, whatever the library made of it."""
    return next((name for kind in get_args(hint) or (hint,) if (name := _KINDS.get(kind))), "TEXT")


def _row(parameter: Any, *, kind: str) -> str:
    variables = parameter.envvar or ()
    variables = (variables,) if isinstance(variables, str) else variables
    others = f" ({', '.join(f'`{name}`' for name in variables)})" if variables else ""
    return f"| {_shape(parameter, kind=kind)} | {_plain(parameter.help)}{others} | {_default(parameter)} |"


def _shape(parameter: Any, *, kind: str) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    names = ", ".join(f"`{name}`" for name in sorted(parameter.opts, key=len, reverse=True))
    if parameter.is_flag:
        return names
    return f"{names} {parameter.metavar or kind}"


def _default(parameter: Any) -> str:
    value = parameter.default
    if parameter.required:
        return "must be given"
    return f"`{value}`" if value not in (None, "", False, [], ()) else ""


def _plain(text: str | None) -> str:
    return (text or "").replace("|", r"\|")
