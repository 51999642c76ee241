"""What is borne in another process comes with its descriptors, or with what went wrong; nothing is left of that process.

Each case runs in a program of its own: what forks here must have one thread, which a test runner may not.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.midwife import Bear, Born, Stillborn, attend
from lambent.sandbox.spawner.reactor import Reactor
from tests.sandbox.spawned import children

ROOT = Path(__file__).parents[3]


def attended(bear: Bear) -> Born | Stillborn:
    """Have `bear` done; what came of it, once the process that did it is gone too."""
    reactor = Reactor()
    outcomes: list[Born | Stillborn] = []
    attend(bear, outcomes.append, reactor=reactor)
    while not outcomes or children() - {getattr(outcomes[0], "pid", 0)}:
        reactor.turn()
    return outcomes[0]


def who_is_born_is_the_spawners_child() -> None:
    def bear() -> Born:
        pid, pidfd = kernel.clone3(0, sibling=True)
        if pid == 0:
            os._exit(7)
        read, write = os.pipe()
        os.write(write, b"handed over")
        return Born(pid=pid, pidfd=pidfd, descriptors=[read])

    born = attended(bear)
    assert isinstance(born, Born)
    ended = os.waitid(os.P_PIDFD, born.pidfd, os.WEXITED)
    assert ended is not None
    assert (ended.si_pid, ended.si_status) == (born.pid, 7)
    assert os.read(born.descriptors[0], 100) == b"handed over"


def what_fails_is_told_with_its_reason() -> None:
    def bear() -> Born:
        raise OSError(28, "No space left on device")

    assert attended(bear) == Stillborn(reason="[Errno 28] No space left on device")


def a_death_on_the_way_is_told_too() -> None:
    def bear() -> Born:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    assert attended(bear) == Stillborn(reason="what makes sandboxes was killed")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "case",
    [
        who_is_born_is_the_spawners_child,
        what_fails_is_told_with_its_reason,
        a_death_on_the_way_is_told_too,
    ],
)
def test_a_birth(case: type) -> None:
    source = f"from {__name__} import {case.__name__}; {case.__name__}()"
    environ = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", source], env=environ, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
