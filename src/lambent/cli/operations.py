"""`lambent operations`: what of AWS's API the daemon has built."""

from collections import Counter
from collections.abc import Mapping, Sequence
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

Pairs = Mapping[str, Mapping[str, int]]
"""Operation -> how many golden pairs of a request and AWS's answer there are: successes, errors."""


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
    """List a service's operations: built or not, how many inputs have an effect, how many golden answers hold it. Or one's inputs."""
    page = connect(context, endpoint, region).rest("GET", "/_lambent/operations").document()
    services = page["services"]
    if service not in services:
        known = ", ".join(sorted(services))
        raise CommandFailure(f'There is no service "{service}"; known are {known}.')
    found: dict[str, bool] = services[service]
    if operation:
        _say_inputs(page["inputs"][service], found, operation, as_json=as_json)
        return
    pairs: Pairs = page["pairs"].get(service, {})
    fates = {name: _fates(members) for name, members in page["inputs"].get(service, {}).items()}
    if as_json:
        say_json({"service": service, "operations": found, "inputs": fates, "pairs": pairs})
        return
    rows = [
        (name, _state(built, pairs.get(name)), _counted(fates.get(name, {})), _tested(pairs, name))
        for name, built in sorted(found.items())
    ]
    say_table(("operation", "state", "inputs", "golden pairs"), rows)
    say(f"{sum(found.values())} of {len(found)} operations of {service} are built")


def _state(built: bool, pairs: Mapping[str, int] | None) -> str:
    if not built:
        return "not yet"
    return "says there is none" if pairs and not pairs["successes"] else "built"


def _fates(members: Sequence[Mapping[str, str]]) -> Mapping[str, int]:
    return Counter(member["fate"] for member in members)


def _counted(fates: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {fate}" for fate, number in sorted(fates.items()))


def _tested(pairs: Pairs, operation: str) -> str:
    found = pairs.get(operation)
    return f"{found['successes']} answers, {found['errors']} errors" if found else ""


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
