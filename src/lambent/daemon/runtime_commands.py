"""`lambent runtimes`: which runtimes this host has, and fetching those it lacks."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # at run time put off until a command needs it
    from lambent.daemon.daemon_user import DaemonUser

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
    from lambent.daemon.config import interpreter_places
    from lambent.daemon.wiring_common import runtime_catalogue
    from lambent.runtimes.catalogue import RUNNABLE
    from lambent.runtimes.installed import InstalledRuntime

    at = _data_dir(data_dir)
    with tempfile.TemporaryDirectory() as scratch:  # the data directory may be another user's
        catalogue = runtime_catalogue(
            at,
            places=interpreter_places(),
            answers_dir=Path(scratch) / "answers",
            cache_dir=Path(scratch),
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
    import tempfile

    at = _data_dir(data_dir)
    if not os.access(at if at.exists() else at.parent, os.W_OK):
        _leave(f"{at} cannot be written: run this as the daemon's user, such as with sudo.")
    with tempfile.TemporaryDirectory() as scratch:
        owner = _other_owner(at)
        if owner is None:
            _install_here(identifier, at, Path(scratch), environ=None)
        else:
            _install_as(owner, identifier, at, Path(scratch))


def _install_as(owner: "DaemonUser", identifier: str, at: Path, scratch: Path) -> None:
    """Install as the user of edge and control, to whom the data directory belongs, in a process of its own.

    Danger: that user could have laid links there for root to follow, and nothing that root made would be the user's.
    """
    from lambent.daemon.as_user import AsUser
    from lambent.daemon.config import environment_at, interpreter_places

    places, home, room = interpreter_places(), scratch / "home", scratch / "room"
    for folder in (home, room):
        folder.mkdir()
        os.chown(folder, owner.uid, owner.gid)
    scratch.chmod(0o755)
    become = AsUser(
        user=owner, data_dir=at.resolve(), interpreters=places, below=scratch, home=home
    )
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status:
            raise typer.Exit(abs(status))
        return
    # Danger: a copy of this process; it must never return to what the original is about to do.
    status = 1
    try:
        become()
        os.chdir(room)
        _install_here(identifier, at, room, environ=environment_at(home))
        status = 0
    except OSError as error:
        sys.stderr.write(f"lambent: {identifier} could not be installed: {error}\n")
    except typer.Exit as left:
        status = left.exit_code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _install_here(
    identifier: str, at: Path, scratch: Path, *, environ: Mapping[str, str] | None
) -> None:
    import asyncio

    from lambent.runtimes.fetching import FetchFailure

    try:
        asyncio.run(_install(identifier, at, answers_dir=scratch, environ=environ))
    except FetchFailure as failure:
        _leave(str(failure))
    except OSError as error:
        _leave(f"{identifier} could not be installed: {error}")


async def _install(
    identifier: str, at: Path, *, answers_dir: Path, environ: Mapping[str, str] | None
) -> None:
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
    places = interpreter_places()
    path = places.search_path
    catalogue = runtime_catalogue(at, places=places, answers_dir=answers_dir)
    found = await asyncio.to_thread(catalogue.find, identifier)
    if isinstance(found, MissingRuntime) and identifier in NODES:
        with console.status(f"fetching Node for {identifier} from npm's registry, some 50 MB …"):
            nodes = NodeStore(folder=node_folder(at), search_path=path, environ=environ)
            await nodes.install(identifier)
        found = await asyncio.to_thread(catalogue.find, identifier)
    if isinstance(found, MissingRuntime):
        raise FetchFailure(found.reason)
    sys.stdout.write(f"{identifier} is {found.version} at {found.executable}\n")
    store = SdkStore(sdk_dir=at / "sdk", search_path=path, environ=environ)
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


def _other_owner(at: Path) -> "DaemonUser | None":
    """Whose the data directory is, when this is root and it is not root's."""
    from lambent.daemon.daemon_user import DaemonUser

    if os.geteuid() != 0 or not at.exists():
        return None
    found = at.stat()
    return DaemonUser(uid=found.st_uid, gid=found.st_gid) if found.st_uid else None


def _leave(message: str) -> None:
    sys.stderr.write(f"lambent: {message}\n")
    raise typer.Exit(1)
