"""Which runtimes the suite runs on: one of each family in the default tier, every other in the slow one."""

import asyncio
import functools
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lambent.runtimes.catalogue import PYTHONS
from lambent.runtimes.fetching import FetchFailure
from lambent.runtimes.nodes import NODES
from lambent.runtimes.pythons import Places
from lambent.runtimes.store import NodeStore
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.kept import Unreachable, kept


def _search_path() -> list[Path]:
    return [Path(folder) for folder in os.environ.get("PATH", "").split(":") if folder]


def newest_python() -> str:
    """The identifier of the newest Python that this host seems to have; no interpreter is started."""
    places = Places(homes=[Path.home()], search_path=_search_path())
    for identifier in reversed(PYTHONS):
        found = places.candidates(identifier.removeprefix("python"))
        if any("shims" not in path.parts for path in found):
            return identifier
    return PYTHONS[-1]


@functools.cache
def host_node() -> str:
    """The identifier of the Node in PATH; empty where there is none."""
    node = shutil.which("node")
    if node is None:
        return ""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return f"nodejs{said.strip().lstrip('v').partition('.')[0]}.x"


def tiers(identifiers: Iterable[str], default: str) -> list[Any]:
    """Parameters of a fixture: `default` for the default tier, the others for the slow one."""
    return [
        pytest.param(each, marks=() if each == default else pytest.mark.slow)
        for each in identifiers
    ]


def every_python() -> list[Any]:
    """Of all Pythons the newest that is here by default."""
    return tiers(PYTHONS, newest_python())


def default_node() -> str:
    """The host's own Node, where it has one that functions can be of."""
    return host_node() if host_node() in NODES else NODES[-2]


def every_node() -> list[Any]:
    """Of all Nodes the host's own by default."""
    return tiers(NODES, default_node())


def provide_node(daemon: DaemonProcess, identifier: str) -> None:
    """Have `daemon` find a Node of `identifier`, as after `lambent runtimes install`; fetched once for all runs."""
    if identifier == host_node():
        return

    def fetch(at: Path) -> None:
        try:
            asyncio.run(NodeStore(folder=at, search_path=_search_path()).install(identifier))
        except FetchFailure as failure:
            raise Unreachable(str(failure)) from failure

    (fetched,) = kept(identifier, fetch).iterdir()
    place = daemon.data_dir / "runtimes/node" / fetched.name
    if not place.is_dir():
        shutil.copytree(fetched, place, copy_function=_linked)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
