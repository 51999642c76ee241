"""What every command takes: where the API is, as whom, and how to answer."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer

from lambent.cli.connection import Connection
from lambent.cli.failure import CommandFailure
from lambent.cli.signing import Keys
from lambent.kit.clock import SystemClock

P = ParamSpec("P")
DEFAULT_ENDPOINT = "http://127.0.0.1:4566"

Endpoint = Annotated[str, typer.Option(envvar="LAMBENT_ENDPOINT", help="Where the daemon answers.")]
Region = Annotated[
    str, typer.Option(envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="The functions' region.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def connect(context: typer.Context, endpoint: str, region: str) -> Connection:
    """The connection that the options ask for, signed with the keys of the environment."""
    keys = context.find_object(Keys) or Keys(access_key_id="test", secret_access_key="test")  # noqa: S106  any key is accepted
    return Connection(endpoint=endpoint, region=region, keys=keys, clock=SystemClock())


def reporting(command: Callable[P, None]) -> Callable[P, None]:
    """The command, its failures shown as one line on stderr with exit status 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CommandFailure as failure:
            context: Any = kwargs.get("context")
            program = context.find_root().info_name if context is not None else None
            sys.stderr.write(f"lambent: {failure.shown(program or 'lambent')}\n")
            raise typer.Exit(1) from None

    return wrapped


def say(line: str) -> None:
    """A line for the person, on stdout."""
    sys.stdout.write(line + "\n")


def warn(line: str) -> None:
    """A line for the person, on stderr, so that what a program reads stays what it is."""
    sys.stderr.write(f"lambent: {line}\n")


def say_json(document: Any) -> None:
    """A document for a program, on stdout."""
    say(json.dumps(document, indent=2, ensure_ascii=False))


def say_json_line(document: Any) -> None:
    """One of many documents for a program that reads along."""
    say(json.dumps(document, ensure_ascii=False))
    sys.stdout.flush()


def say_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns: in colour for a terminal, separated by tabs for a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
