"""`lambent functions`: list, create, show, delete."""

import base64
import json
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lambent.cli.connection import Connection
from lambent.cli.failure import CommandFailure
from lambent.cli.session import (
    DEFAULT_ENDPOINT,
    AsJson,
    Endpoint,
    Region,
    connect,
    reporting,
    say,
    say_json,
    say_table,
    warn,
)
from lambent.model.partitions import partition_of

FUNCTIONS: Final = "/2015-03-31/functions"
_POLL_SECONDS: Final = 0.05
_MOST_POLLS: Final = 6_000

app = typer.Typer(
    help="List, create, update, show and delete functions.", invoke_without_command=True
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Its code: a folder or a .zip.")]
Name = Annotated[str, typer.Argument(help="The function's name or ARN.")]


@app.callback()
@reporting
def default(
    *,
    context: typer.Context,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """List them when no other command is named."""
    if context.invoked_subcommand is None:
        _list(connect(context, endpoint, region), as_json=as_json)


@app.command("list", help="List the functions of a region.")
@reporting
def list_functions(
    *,
    context: typer.Context,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Print one line a function."""
    _list(connect(context, endpoint, region), as_json=as_json)


@app.command(help="Make a function of a folder and wait until it is active.")
@reporting
def create(
    *,
    context: typer.Context,
    name: Name,
    folder: Folder,
    runtime: Annotated[
        str, typer.Option(help="Such as python3.12; else the newest that fits.")
    ] = "",
    handler: Annotated[str, typer.Option(help="FILE.FUNCTION; else found by name.")] = "",
    timeout: Annotated[int | None, typer.Option(help="Seconds.")] = None,
    memory: Annotated[int | None, typer.Option(help="MB.")] = None,
    env: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A variable.")] = None,
    role: Annotated[str, typer.Option(help="The role's ARN.")] = "",
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Zip, create, wait; a function that fails to become active ends with status 1."""
    from lambent.cli.guessing import guessed_handler, guessed_runtime
    from lambent.cli.package import package

    variables = _variables(env or [])
    code = package(folder)
    connection = connect(context, endpoint, region)
    chosen = runtime or guessed_runtime(folder, _runtimes(connection))
    request: dict[str, object] = {
        "FunctionName": name,
        "Runtime": chosen,
        "Handler": handler or guessed_handler(folder, chosen),
        "Role": role or f"arn:{partition_of(region).name}:iam::000000000000:role/lambent",
        "Code": {"ZipFile": base64.b64encode(code).decode()},
    }
    request |= {"Timeout": timeout} if timeout is not None else {}
    request |= {"MemorySize": memory} if memory is not None else {}
    request |= {"Environment": {"Variables": variables}} if variables else {}
    connection.rest(
        "POST",
        FUNCTIONS,
        headers={"Content-Type": "application/json"},
        body=json.dumps(request).encode(),
    )
    made = _settled(connection, name)
    _warn_of_notes(connection, made)
    if as_json:
        say_json(made)
    else:
        say(f"{made['FunctionName']} is {made['State']}: {made['Runtime']}, {made['Handler']}")


@app.command(help="Replace a function's code and wait until it is in use.")
@reporting
def update(
    *,
    context: typer.Context,
    name: Name,
    folder: Folder,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Zip, send, wait; the old code goes on running until then, and stays when the new can't be used."""
    from lambent.cli.package import package

    code = package(folder)
    connection = connect(context, endpoint, region)
    connection.rest(
        "PUT",
        f"{FUNCTIONS}/{segment(name)}/code",
        headers={"Content-Type": "application/json"},
        body=json.dumps({"ZipFile": base64.b64encode(code).decode()}).encode(),
    )
    made = _updated(connection, name)
    _warn_of_notes(connection, made)
    if as_json:
        say_json(made)
    else:
        say(f"{made['FunctionName']} is updated: {made['CodeSize']:,} bytes")


@app.command(help="Show one function's configuration.")
@reporting
def show(
    *,
    context: typer.Context,
    name: Name,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Print what GetFunctionConfiguration answers."""
    found = _configuration(connect(context, endpoint, region), name)
    if as_json:
        say_json(found)
        return
    rows = [
        (key, value if isinstance(value, str) else json.dumps(value))
        for key, value in sorted(found.items())
    ]
    say_table(("field", "value"), rows)


@app.command(help="Delete a function.")
@reporting
def delete(
    *,
    context: typer.Context,
    name: Name,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Delete it with all that belongs to it."""
    connect(context, endpoint, region).rest("DELETE", f"{FUNCTIONS}/{segment(name)}")
    if as_json:
        say_json({"deleted": name})
    else:
        say(f"{name} is deleted")


def _list(connection: Connection, *, as_json: bool) -> None:
    found: list[dict[str, Any]] = []
    query: dict[str, object] = {}
    while True:
        page = connection.rest("GET", f"{FUNCTIONS}/", query=query).document()
        found += page["Functions"]
        if not page.get("NextMarker"):
            break
        query = {"Marker": page["NextMarker"]}
    if as_json:
        say_json({"Functions": found})
        return
    say_table(
        ("name", "runtime", "handler", "memory", "timeout", "changed"),
        [
            (
                function["FunctionName"],
                function.get("Runtime", ""),
                function.get("Handler", ""),
                f"{function['MemorySize']} MB",
                f"{function['Timeout']} s",
                function["LastModified"],
            )
            for function in found
        ],
    )


def _configuration(connection: Connection, name: str) -> dict[str, Any]:
    found: dict[str, Any] = connection.rest(
        "GET", f"{FUNCTIONS}/{segment(name)}/configuration"
    ).document()
    return found


def _settled(connection: Connection, name: str) -> dict[str, Any]:
    """The configuration once it is no longer pending. Raises CommandFailure when it failed."""
    for _ in range(_MOST_POLLS):
        found = _configuration(connection, name)
        if found["State"] == "Failed":
            code, reason = found.get("StateReasonCode", ""), found.get("StateReason", "")
            raise CommandFailure(f"{name} is Failed: {code}: {reason}")
        if found["State"] != "Pending":
            return found
        time.sleep(_POLL_SECONDS)
    raise CommandFailure(f"{name} is still Pending; the daemon's log may say why.")


def _updated(connection: Connection, name: str) -> dict[str, Any]:
    """The configuration once its update is over. Raises CommandFailure when that failed."""
    for _ in range(_MOST_POLLS):
        found = _configuration(connection, name)
        status = found.get("LastUpdateStatus")
        if status == "Failed":
            code = found.get("LastUpdateStatusReasonCode", "")
            reason = found.get("LastUpdateStatusReason", "")
            raise CommandFailure(f"{name} could not be updated: {code}: {reason}")
        if status != "InProgress":
            return found
        time.sleep(_POLL_SECONDS)
    raise CommandFailure(f"{name} is still being updated; the daemon's log may say why.")


def _warn_of_notes(connection: Connection, made: dict[str, Any]) -> None:
    from lambent.cli.notes import notes

    for note in notes(connection, made):
        warn(note)


def _runtimes(connection: Connection) -> list[str]:
    """What the daemon has found, once it has looked: it does so while it answers already."""
    for _ in range(_MOST_POLLS):
        found = connection.rest("GET", "/_lambent/health").document().get("runtimes")
        if found is not None:
            return [str(name) for name in found]
        time.sleep(_POLL_SECONDS)
    raise CommandFailure("The daemon is still looking for runtimes; its log may say why.")


def _variables(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise CommandFailure(f'"{pair}" is not KEY=VALUE.')
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def segment(name: str) -> str:
    """The name as one segment of a path."""
    if "/" in name or name in ("", ".", ".."):
        raise CommandFailure(f'"{name}" is not the name of a function.')
    return name
