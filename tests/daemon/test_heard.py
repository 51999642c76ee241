"""Signals are heard, and a process that stood still as its time ended hears of none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import lambent
from lambent.kit.clock import SystemClock

ROOT = Path(lambent.__file__).parents[2]
LISTENER = """
import signal, sys
from lambent.daemon.heard import SignalListener
listener = SignalListener({signal.SIGCHLD, signal.SIGTERM})
print("ready", flush=True)
for seconds in map(float, sys.argv[1:]):
    print(listener.wait(seconds), flush=True)
"""


def listening(*seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENER, *map(str, seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def state(process: subprocess.Popen[str]) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def until(process: subprocess.Popen[str], letter: str) -> None:
    while state(process) != letter:
        os.sched_yield()


def test_signals_come_one_by_one_and_those_of_before_at_once() -> None:
    with listening(60, 60) as process:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCHLD)
        assert process.stdout is not None
        heard = {process.stdout.readline() for _ in range(2)}
    assert heard == {f"{int(number)}\n" for number in (signal.SIGTERM, signal.SIGCHLD)}


def test_who_stood_still_as_the_time_ended_hears_of_nothing() -> None:
    """The supervisor died of it: interrupted at its end, `sigtimedwait` answers a signal that is none."""
    with listening(0.5) as process:
        until(process, "S")
        process.send_signal(signal.SIGSTOP)
        until(process, "T")
        clock = SystemClock()
        stopped = clock.monotonic()
        while clock.monotonic() - stopped < 0.7:
            os.sched_yield()
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate()
    assert out == "None\n"
