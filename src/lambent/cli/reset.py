"""`lambent reset`: empties the daemon's data directory, for a test run that begins with nothing."""

import sys
from typing import Annotated

import typer

from lambent.cli.failure import CommandFailure
from lambent.cli.session import (
    DEFAULT_ENDPOINT,
    AsJson,
    Endpoint,
    connect,
    reporting,
    say,
    say_json,
)


@reporting
def reset(
    *,
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    as_json: AsJson = False,
) -> None:
    """Delete all functions, logs and packages, of all accounts and regions; asks first."""
    connection = connect(context, endpoint, "us-east-1")
    if not yes:
        if not sys.stdin.isatty():
            raise CommandFailure("This deletes everything; say --yes if you mean it.")
        typer.confirm(
            f"Delete all functions, logs and packages at {endpoint}?", abort=True, err=True
        )
    told = connection.rest("POST", "/_lambent/reset").document()
    if as_json:
        say_json(told)
    else:
        count = told["functions"]
        functions = "1 function" if count == 1 else f"{count} functions"
        say(f"{functions}, all logs and all packages are deleted")
