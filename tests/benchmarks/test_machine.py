"""What /proc tells."""

import os
import subprocess
import sys

from benchmarks.machine import Meter, cpu_seconds, descendants, in_own_pid_namespace, pss_bytes


def test_a_process_is_found_below_its_parent_and_its_use_is_measured() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.pid in descendants(os.getpid())
        assert not in_own_pid_namespace(child.pid)
        child.communicate(b"\n")
    assert child.pid not in descendants(os.getpid())
    assert cpu_seconds(child.pid) == 0
    assert pss_bytes(child.pid) == 0


def test_cpu_time_counts_from_the_beginning_of_the_meter() -> None:
    own = os.getpid()
    meter = Meter([own])
    assert sum(range(200_000)) > 0
    used = meter.used([own])
    assert 0 < used < cpu_seconds(own)
    assert pss_bytes(own) > 1_000_000
