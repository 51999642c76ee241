"""The commands that are about this host rather than about the API: `up`, `down`, `status`, `doctor` and `runtimes`."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lambent.daemon.runtime_commands import app as runtimes

if TYPE_CHECKING:  # at run time put off until a command needs it
    from lambent.daemon.config import Settings

Flag = typer.Option
DataDirectory = Annotated[Path | None, Flag(help="Where functions and logs are kept.")]
Configuration = Annotated[Path | None, Flag(help="A lambent.toml to read first.")]
_SILENT_SECONDS: Final = 3.0


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(runtimes, name="runtimes")
    app.command("up", help="Run the daemon here until Ctrl-C or SIGTERM.")(up)
    app.command("down", help="Stop the daemon of a data directory and wait until it is gone.")(down)
    app.command("status", help="Tell how the daemon of a data directory is.")(status)
    app.command("doctor", help="Tell which isolation this host gives, and why.")(doctor)


def up(
    *,
    port: Annotated[int | None, Flag(help="Public port; 0 takes a free one.")] = None,
    bind: Annotated[str | None, Flag(help="IP address to listen on.")] = None,
    region: Annotated[str | None, Flag(help="Region of requests that name none.")] = None,
    data_dir: DataDirectory = None,
    user: Annotated[
        str | None, Flag(help="Account or uid that edge and control run as; never root.")
    ] = None,
    config: Configuration = None,
    detach: Annotated[
        bool, Flag("--detach", help="Run in the background; return when it is healthy.")
    ] = False,
    allow_open_bind: Annotated[
        bool | None, Flag("--allow-open-bind", help="Let other hosts in, without a password.")
    ] = None,
    isolation: Annotated[
        str | None, Flag(help="auto, direct (root), bubblewrap (others), or process: none.")
    ] = None,
    log_level: Annotated[str | None, Flag(help="debug, info, warning or error.")] = None,
    log_to_file: Annotated[
        bool | None, Flag("--log-to-file", help="Log to DATA/log/lambent.log, which is rotated.")
    ] = None,
    allow_reset: Annotated[
        bool | None, Flag("--allow-reset", help="Let `lambent reset` delete everything here.")
    ] = None,
    idle_seconds: Annotated[
        float | None, Flag(help="How long an idle execution environment is kept.")
    ] = None,
    drain_seconds: Annotated[
        float | None, Flag(help="How long invocations may go on after SIGTERM.")
    ] = None,
    network_policy: Annotated[
        str | None, Flag(help="nat or none: whether functions reach other hosts.")
    ] = None,
    as_json: Annotated[bool, Flag("--json", help="With --detach: answer in JSON.")] = False,
) -> None:
    """Load the settings and supervise; exit 2 for a setting that can't be, 1 when it can't start."""
    from lambent.daemon.config import launcher_name, load_settings
    from lambent.daemon.start import up as supervise

    if as_json and not detach:
        _leave("--json is for --detach: a daemon in the foreground prints its log.", status=2)

    flags = {
        "port": port,
        "bind": bind,
        "region": region,
        "data_dir": data_dir,
        "user": user,
        "config": config,
        "allow_open_bind": allow_open_bind,
        "isolation": isolation,
        "log_level": log_level,
        "log_to_file": log_to_file,
        "allow_reset": allow_reset,
        "idle_seconds": idle_seconds,
        "drain_seconds": drain_seconds,
        "network_policy": network_policy,
    }
    with _sentences():
        settings = load_settings(flags)
        if detach:
            _detach(settings, as_json=as_json)
        else:
            supervise(settings, launcher=launcher_name())


def down(
    *,
    data_dir: DataDirectory = None,
    config: Configuration = None,
    as_json: Annotated[bool, Flag("--json", help="Answer in JSON.")] = False,
) -> None:
    """Stop it by SIGTERM; exit 1 when none runs."""
    from lambent.daemon.config import load_settings
    from lambent.daemon.running import RunningDaemon

    with _sentences():
        path = load_settings({"data_dir": data_dir, "config": config}).data_dir
        with closing(RunningDaemon(path)) as daemon:
            daemon.stop()
            if not daemon.gone(_SILENT_SECONDS):
                sys.stderr.write("lambent: waiting for running invocations to end\n")
            daemon.gone(None)  # ended by the supervisor's own bounds, or by Ctrl-C here
        if as_json:
            _say_json({"stopped": daemon.pid, "data_dir": str(path)})
        else:
            sys.stdout.write(f"lambent (process {daemon.pid}) has stopped\n")


def status(
    *,
    data_dir: DataDirectory = None,
    config: Configuration = None,
    as_json: Annotated[bool, Flag("--json", help="Answer in JSON.")] = False,
) -> None:
    """Print what is known; exit 1 unless all is well."""
    from lambent.daemon.condition import condition, shown
    from lambent.daemon.config import load_settings

    with _sentences():
        found = condition(load_settings({"data_dir": data_dir, "config": config}).data_dir)
    if as_json:
        _say_json(found)
    else:
        sys.stdout.write("".join(f"{line}\n" for line in shown(found)))
    if found["status"] != "ok":
        raise typer.Exit(1)


def doctor(
    *, as_json: Annotated[bool, Flag("--json", help="Print JSON instead of a table.")] = False
) -> None:
    """Print what was found; exit 1 when functions can't be isolated here."""
    from lambent.daemon.config import load_settings
    from lambent.daemon.doctor import report
    from lambent.daemon.host import LinuxHost
    from lambent.daemon.isolation import findings_for

    with _sentences():
        driver, findings = findings_for(LinuxHost(), user=load_settings({}).user)
    sys.stdout.write(report(findings, driver=driver, as_json=as_json))
    if any(finding.needed and not finding.held for finding in findings):
        raise typer.Exit(1)


def _detach(settings: "Settings", *, as_json: bool) -> None:
    from lambent.daemon.config import launcher_name
    from lambent.daemon.detached import start_detached

    started = start_detached(settings, launcher=launcher_name())
    if as_json:
        _say_json(started)
        return
    sys.stdout.write(
        f"lambent {started['version']} is up at {started['endpoint']} (process {started['pid']})\n"
        f"Its log is {started['log']}\n"
    )


@contextmanager
def _sentences() -> Iterator[None]:
    """Show what can't be as one sentence: exit 2 for a setting, 1 for the rest."""
    from lambent.daemon.config import ConfigError
    from lambent.daemon.failure import StartFailure

    try:
        yield
    except ConfigError as error:
        _leave(str(error), status=2)
    except StartFailure as failure:
        _leave(str(failure), status=1)


def _say_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _leave(message: str, *, status: int) -> None:
    sys.stderr.write(f"lambent: {message}\n")
    raise typer.Exit(status)
