"""The command line's commands on one page."""

from typing import Annotated

import typer

from lambent.cli import functions
from lambent.cli.invoke import invoke
from lambent.cli.logs import logs
from lambent.cli.operations import operations
from lambent.cli.reset import reset
from lambent.cli.session import say
from lambent.cli.shell import env
from lambent.cli.signing import Keys
from lambent.kit.version import VERSION

app = typer.Typer(
    help="AWS Lambda on your own machines.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(functions.app, name="functions")
app.command(help="Run a function and print its result.")(invoke)
app.command(help="Print what functions wrote, and what they are writing.")(logs)
app.command(help="Print the variables that point AWS's clients at the daemon.")(env)
app.command(help="Delete all functions, logs and packages of the daemon.")(reset)
app.command(help="List AWS's operations: built, or not yet.")(operations)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"lambent {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    *,
    context: typer.Context,
    access_key_id: Annotated[str, typer.Option(envvar="AWS_ACCESS_KEY_ID", hidden=True)] = "test",
    secret_access_key: Annotated[
        str, typer.Option(envvar="AWS_SECRET_ACCESS_KEY", hidden=True)
    ] = "test",  # noqa: S107  any key is accepted
    session_token: Annotated[
        str | None, typer.Option(envvar="AWS_SESSION_TOKEN", hidden=True)
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Take the keys that requests are signed with from the environment, as every AWS client does."""
    context.obj = Keys(
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
        session_token=session_token,
    )
