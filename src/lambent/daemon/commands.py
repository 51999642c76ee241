"""The commands that are about this host rather than about the API: `up`, `doctor` and `runtimes`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lambent.daemon.runtime_commands import app as runtimes

Flag = typer.Option


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(runtimes, name="runtimes")
    app.command("up", help="Run the daemon here until Ctrl-C or SIGTERM.")(up)
    app.command("doctor", help="Tell which isolation this host gives, and why.")(doctor)


def up(
    *,
    port: Annotated[int | None, Flag(help="Public port; 0 takes a free one.")] = None,
    bind: Annotated[str | None, Flag(help="IP address to listen on.")] = None,
    region: Annotated[str | None, Flag(help="Region of requests that name none.")] = None,
    data_dir: Annotated[Path | None, Flag(help="Where functions and logs are kept.")] = None,
    config: Annotated[Path | None, Flag(help="A lambent.toml to read first.")] = None,
    allow_open_bind: Annotated[
        bool | None, Flag("--allow-open-bind", help="Let other hosts in, without a password.")
    ] = None,
    log_level: Annotated[str | None, Flag(help="debug, info, warning or error.")] = None,
    idle_seconds: Annotated[
        float | None, Flag(help="How long an idle execution environment is kept.")
    ] = None,
    drain_seconds: Annotated[
        float | None, Flag(help="How long invocations may go on after SIGTERM.")
    ] = None,
) -> None:
    """Load the settings and supervise; exit 2 for a setting that can't be, 1 when it can't start."""
    from lambent.daemon.config import ConfigError, launcher_name, load_settings
    from lambent.daemon.failure import StartFailure
    from lambent.daemon.start import up as supervise

    flags = {
        "port": port,
        "bind": bind,
        "region": region,
        "data_dir": data_dir,
        "config": config,
        "allow_open_bind": allow_open_bind,
        "log_level": log_level,
        "idle_seconds": idle_seconds,
        "drain_seconds": drain_seconds,
    }
    try:
        supervise(load_settings(flags), launcher=launcher_name())
    except ConfigError as error:
        _leave(str(error), status=2)
    except StartFailure as failure:
        _leave(str(failure), status=1)


def doctor(
    *, as_json: Annotated[bool, Flag("--json", help="Print JSON instead of a table.")] = False
) -> None:
    """Print what was found; exit 1 when functions can't be isolated here."""
    from lambent.daemon.doctor import LinuxHost, examine, report

    findings = examine(LinuxHost())
    sys.stdout.write(report(findings, as_json=as_json))
    if any(finding.needed and not finding.held for finding in findings):
        raise typer.Exit(1)


def _leave(message: str, *, status: int) -> None:
    sys.stderr.write(f"lambent: {message}\n")
    raise typer.Exit(status)
