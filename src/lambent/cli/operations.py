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
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """List a service's operations; the daemon tells which it has, from its own tables."""
    page = connect(context, endpoint, region).rest("GET", "/_lambent/operations").document()
    services = page["services"]
    if service not in services:
        known = ", ".join(sorted(services))
        raise CommandFailure(f'There is no service "{service}"; known are {known}.')
    found: dict[str, bool] = services[service]
    if as_json:
        say_json({"service": service, "operations": found})
        return
    rows = [(name, "built" if built else "not yet") for name, built in sorted(found.items())]
    say_table(("operation", "state"), rows)
    say(f"{sum(found.values())} of {len(found)} operations of {service} are built")
