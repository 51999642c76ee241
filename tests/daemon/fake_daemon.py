"""The real supervisor over fake programs. Arguments: data directory, run root, port, journal, manners of each program."""

import socket
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from lambent.daemon.config import Settings
from lambent.daemon.failure import StartFailure
from lambent.daemon.instance import Instance
from lambent.daemon.network import Network
from lambent.daemon.processes import Program
from lambent.daemon.supervisor import Engine, run_daemon

data_dir, run_root, port, journal, *manners = sys.argv[1:]
FAKE = str(Path(__file__).with_name("fake_program.py"))
NAMES = ("spawner", "control", "edge")


def programs(
    settings: Settings, instance: Instance, sockets: Sequence[socket.socket], network: Network
) -> Sequence[Program]:
    return [
        Program(
            name=name,
            argv=(sys.executable, "-S", "-E", FAKE, journal, name, manner),
            descriptors=tuple(s.fileno() for s in sockets) if name == "edge" else (),
            grace_seconds=0.3 if manner == "stubborn" else 10.0,
        )
        for name, manner in zip(NAMES, manners, strict=True)
    ]


def sweep(instance: str) -> None:
    with Path(journal).open("a") as file:
        file.write(f"sweep {instance} 0\n")


try:
    run_daemon(
        Settings(data_dir=Path(data_dir), port=int(port)),
        engine=Engine(
            programs=programs,
            sweep=sweep,
            prepare=lambda settings: None,
            network=lambda settings, instance: nullcontext(Network(policy="none")),
        ),
        launcher="lambent",
        run_root=Path(run_root),
    )
except StartFailure as failure:
    sys.exit(f"lambent: {failure}")
