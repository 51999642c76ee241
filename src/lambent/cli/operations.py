"""`lambent operations`: what of AWS's API the daemon has built."""

from typing import Annotated

import typer

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
)


@reporting
def operations(
    *,
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="lambda, logs, sts, …")] = "lambda",
    operation: Annotated[str, typer.Argument(help="Such as CreateFunction: its inputs.")] = "",
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """List a service's operations, or what becomes of one's inputs; the daemon tells, from its own tables."""
    page = connect(context, endpoint, region).rest("GET", "/_lambent/operations").document()
    services = page["services"]
    if service not in services:
        known = ", ".join(sorted(services))
        raise CommandFailure(f'There is no service "{service}"; known are {known}.')
    found: dict[str, bool] = services[service]
    if operation:
        _say_inputs(page["inputs"][service], found, operation, as_json=as_json)
        return
    if as_json:
        say_json({"service": service, "operations": found})
        return
    rows = [(name, "built" if built else "not yet") for name, built in sorted(found.items())]
    say_table(("operation", "state"), rows)
    say(f"{sum(found.values())} of {len(found)} operations of {service} are built")


def _say_inputs(
    inputs: dict[str, list[dict[str, str]]],
    known: dict[str, bool],
    operation: str,
    *,
    as_json: bool,
) -> None:
    if operation not in known:
        raise CommandFailure(f'There is no operation "{operation}".')
    if operation not in inputs:
        raise CommandFailure(f"{operation} is not built yet; it answers 501.")
    members = inputs[operation]
    if as_json:
        say_json({"operation": operation, "inputs": members})
        return
    say_table(
        ("member", "fate", "note"), [(m["member"], m["fate"], m.get("note", "")) for m in members]
    )
