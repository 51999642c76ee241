"""What edge and control build alike."""

import asyncio
import logging
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Never

from lambent.daemon.config import Settings
from lambent.daemon.interpreters import InterpreterPlaces
from lambent.daemon.program import Inheritance
from lambent.identity.authenticator import Authenticator
from lambent.identity.keyring import Keyring
from lambent.identity.keys import MasterKey
from lambent.kit.clock import Clock
from lambent.kit.wheel import TimerWheel
from lambent.runtimes.answers import Answers
from lambent.runtimes.catalogue import RuntimeCatalogue
from lambent.runtimes.nodes import NodePlaces
from lambent.runtimes.pythons import Places
from lambent.runtimes.remedies import Remedies

_ARCHITECTURES: Final[Mapping[str, str]] = {"x86_64": "x86_64", "aarch64": "arm64"}

_log = logging.getLogger(__name__)


def host_architecture() -> str:
    """AWS's name of this machine's architecture; the kernel's where AWS has none."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def master_key(inheritance: Inheritance) -> MasterKey:
    """What all secrets of this data directory are derived from; made when it is missing."""
    return MasterKey.load_or_create(inheritance.settings.data_dir / "keys" / "master")


def issued_keys(inheritance: Inheritance) -> Keyring:
    """The keys that this data directory issues."""
    return Keyring(master=master_key(inheritance))


def authenticator(inheritance: Inheritance, clock: Clock) -> Authenticator:
    """Verifies the keys that this data directory issued, and lets every other pass: open mode."""
    return Authenticator(
        keyring=issued_keys(inheritance),
        default_region=inheritance.settings.region,
        clock=clock,
    )


def node_folder(data_dir: Path) -> Path:
    """Where lambent keeps the Nodes that it has fetched."""
    return data_dir / "runtimes" / "node"


def runtime_catalogue(
    data_dir: Path,
    *,
    places: InterpreterPlaces,
    answers_dir: Path,
    cache_dir: Path | None = None,
) -> RuntimeCatalogue:
    """Finds this host's interpreters; their compiled bootstraps are kept in the data directory, or in `cache_dir`.

    What an interpreter said of itself is kept in `answers_dir`, which lives as long as whoever asks.
    """
    return RuntimeCatalogue(
        places=Places(homes=places.homes, search_path=places.search_path),
        node_places=NodePlaces(
            store=node_folder(data_dir),
            homes=places.homes,
            search_path=places.search_path,
        ),
        remedies=Remedies(
            homes=places.homes,
            search_path=places.search_path,
            data_dir=data_dir if data_dir != Settings().data_dir else None,
        ),
        cache_dir=cache_dir or data_dir / "runtimes",
        sdk_dir=(cache_dir or data_dir) / "sdk",
        answers=Answers(answers_dir),
    )


async def turning(wheel: TimerWheel, *, tick_seconds: float) -> Never:
    """Let `wheel` turn. What a timer raises is our fault: it is logged, and the wheel turns on."""
    while True:
        await asyncio.sleep(tick_seconds)
        try:
            wheel.advance()
        except Exception:  # noqa: BLE001 - the seam of a background loop
            _log.exception("a timer failed")
