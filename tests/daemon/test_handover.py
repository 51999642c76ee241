"""What the command that started a daemon in the background hears of it."""

import json
import os
import socket
from collections.abc import Iterator

import pytest

from lambent.daemon.banner import HealthProbe
from lambent.daemon.handover import Handover


@pytest.fixture
def silent() -> Iterator[HealthProbe]:
    """Of an edge that never answers, for it crash-loops; the supervisor holds its port open."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        probe = HealthProbe(port.getsockname())
        yield probe
        probe.close()


def test_programs_that_crash_loop_are_told_of_though_the_edge_does_not_answer(
    silent: HealthProbe,
) -> None:
    reading, writing = os.pipe()
    looping: list[str] = []
    handover = Handover(descriptor=writing, probe=silent, looping=lambda: looping)
    assert not handover.poll()
    looping.append("edge")
    assert handover.poll()
    with os.fdopen(reading) as told:
        assert json.load(told) == {"crash_looping": ["edge"], "pid": os.getpid()}
