"""`lambent runtimes`: which runtimes this host has, and fetching those it lacks."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="List this host's runtimes, fetch missing ones.")
DataDir = Annotated[Path | None, typer.Option(help="The daemon's data directory.")]


@app.command("list")
def list_runtimes(
    *,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """List what functions can run on here; starts each interpreter once to see whether it works."""
    import tempfile

    from lambent.cli.session import say_json, say_table
    from lambent.daemon.wiring_common import runtime_catalogue
    from lambent.runtimes.catalogue import RUNNABLE
    from lambent.runtimes.installed import InstalledRuntime

    at = _data_dir(data_dir)
    with tempfile.TemporaryDirectory() as scratch:  # the data directory may be another user's
        catalogue = runtime_catalogue(
            at, answers_dir=Path(scratch) / "answers", cache_dir=Path(scratch)
        )
        found = [catalogue.find(identifier) for identifier in RUNNABLE]
    rows = [
        (r.identifier, r.version, str(r.executable))
        if isinstance(r, InstalledRuntime)
        else (r.identifier, "missing", r.reason)
        for r in found
    ]
    if as_json:
        say_json(
            {
                "runtimes": [
                    {"identifier": i, "installed": v != "missing", "version": v, "where": w}
                    if v != "missing"
                    else {"identifier": i, "installed": False, "reason": w}
                    for i, v, w in rows
                ]
            }
        )
        return
    say_table(("runtime", "version", "where"), rows)


@app.command("install")
def install(
    *,
    identifier: Annotated[str, typer.Argument(help="nodejs22.x, python3.13, …")],
    data_dir: DataDir = None,
) -> None:
    """Fetch a Node, and AWS's SDK for functions of the runtime; for a Python, say how to get it."""
    import asyncio
    import tempfile

    from lambent.runtimes.fetching import FetchFailure

    at = _data_dir(data_dir)
    if not os.access(at if at.exists() else at.parent, os.W_OK):
        _leave(f"{at} cannot be written: run this as the daemon's user, such as with sudo.")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            asyncio.run(_install(identifier, at, answers_dir=Path(scratch)))
    except FetchFailure as failure:
        _leave(str(failure))
    except OSError as error:
        _leave(f"{identifier} could not be installed: {error}")
    finally:
        _give_to_owner(at)


async def _install(identifier: str, at: Path, *, answers_dir: Path) -> None:
    import asyncio

    from rich.console import Console

    from lambent.daemon.config import interpreter_places
    from lambent.daemon.wiring_common import node_folder, runtime_catalogue
    from lambent.runtimes.fetching import FetchFailure
    from lambent.runtimes.installed import MissingRuntime
    from lambent.runtimes.nodes import NODES
    from lambent.runtimes.sdks import SdkStore
    from lambent.runtimes.store import NodeStore

    console = Console(stderr=True)
    path = interpreter_places().search_path
    catalogue = runtime_catalogue(at, answers_dir=answers_dir)
    found = await asyncio.to_thread(catalogue.find, identifier)
    if isinstance(found, MissingRuntime) and identifier in NODES:
        with console.status(f"fetching Node for {identifier} from npm's registry, some 50 MB …"):
            await NodeStore(folder=node_folder(at), search_path=path).install(identifier)
        found = await asyncio.to_thread(catalogue.find, identifier)
    if isinstance(found, MissingRuntime):
        raise FetchFailure(found.reason)
    sys.stdout.write(f"{identifier} is {found.version} at {found.executable}\n")
    store = SdkStore(sdk_dir=at / "sdk", search_path=path)
    if not store.has(identifier):
        with console.status(f"fetching AWS's SDK for functions of {identifier} …"):
            await store.fetch(found)
    sys.stdout.write(f"functions of {identifier} have AWS's SDK\n")


def _data_dir(given: Path | None) -> Path:
    from lambent.daemon.config import ConfigError, load_settings

    try:
        return load_settings({"data_dir": given}).data_dir
    except ConfigError as error:
        _leave(str(error))
        raise


def _give_to_owner(at: Path) -> None:
    """What root puts into the data directory belongs to the daemon's user."""
    if os.geteuid() != 0 or not at.exists() or at.stat().st_uid == 0:
        return
    owner = at.stat()
    for room in ("runtimes", "sdk"):
        for path in [at / room, *(at / room).rglob("*")]:
            if path.exists() or path.is_symlink():
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _leave(message: str) -> None:
    sys.stderr.write(f"lambent: {message}\n")
    raise typer.Exit(1)
