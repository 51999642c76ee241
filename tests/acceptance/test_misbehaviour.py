"""Functions that take what they can get: only their own environment suffers, and it ends whole."""

from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually

MODES = """
import os, signal, subprocess, threading, time

def forks(seconds):
    while True:
        try: os.fork()
        except OSError: pass

def descendants(seconds):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stubborn = 'trap "" TERM HUP INT; (setsid sleep 1000 &); while :; do sleep 1; done'
    for _ in range(3): subprocess.Popen(['sh', '-c', stubborn], start_new_session=True)
    time.sleep(seconds)

def stopped(seconds):
    os.kill(os.getpid(), signal.SIGSTOP)

def descriptors(seconds):
    os.closerange(0, 1024)
    time.sleep(seconds)

def memory_of_children(seconds):
    for _ in range(3):
        if os.fork() == 0:
            hog = []
            while True: hog.append(b'x' * (1 << 20))
    return [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(3)]

def files(seconds):
    held = []
    try:
        while True: held.append(os.open('/dev/null', os.O_RDONLY))
    except OSError as error: return error.errno
    finally:
        for one in held: os.close(one)

def threads(seconds):
    over, held = threading.Event(), []
    try:
        while True:
            thread = threading.Thread(target=over.wait)
            thread.start()
            held.append(thread)
    except RuntimeError: return 1000 < len(held) <= 1024
    finally:
        over.set()
        for thread in held: thread.join()

def storage(seconds):
    try:
        with open('/tmp/all', 'wb', buffering=0) as file:
            while True: file.write(bytes(1 << 20))
    except OSError as error: return error.errno
    finally: os.remove('/tmp/all')

def init(seconds):
    said = []
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
        try: os.kill(1, number)
        except OSError as error: said.append(error.errno)
    return said

def handler(event, context):
    return globals()[event](100) if event else 'well'
"""


@pytest.fixture(scope="session")
def rough(daemon: DaemonProcess) -> Any:
    """A client whose function `rough` does what its event names, beside `undisturbed`."""
    client = daemon.client("lambda")
    create(client, "rough", MODES, Timeout=5, MemorySize=1769)
    create(client, "undisturbed", "def handler(e, c): return e")
    return client


@pytest.mark.parametrize("mode", ["forks", "descendants", "stopped"])
def test_what_does_not_end_is_ended_whole_at_its_timeout(
    daemon: DaemonProcess, rough: Any, mode: str
) -> None:
    assert call(rough, "undisturbed", 1) == (1, "")
    before = len(daemon.descendants())
    result, error = call(rough, "rough", mode)
    assert (result["errorType"], error) == ("Sandbox.Timedout", "Unhandled")
    assert call(rough, "undisturbed", 2) == (2, "")
    eventually(lambda: len(daemon.descendants()) < before + 10)
    assert call(rough, "rough") == ("well", "")


def test_closing_every_descriptor_ends_the_environment_and_no_other(rough: Any) -> None:
    result, error = call(rough, "rough", "descriptors")
    assert (result["errorType"], error) == ("Runtime.ExitError", "Unhandled")
    assert call(rough, "rough") == ("well", "")
    assert call(rough, "undisturbed", 3) == (3, "")


def test_memory_that_children_take_is_the_functions_own(daemon: DaemonProcess) -> None:
    client = daemon.client("lambda")
    create(client, "greedy", MODES, Timeout=30, MemorySize=128)
    assert call(client, "greedy", "memory_of_children") == ([-9, -9, -9], "")
    assert call(client, "greedy") == ("well", "")


@pytest.mark.parametrize(
    ("mode", "told"),
    [("files", 24), ("storage", 28), ("threads", True), ("init", [1, 1, 1])],
)
def test_what_is_used_up_is_refused_and_can_be_given_back(
    rough: Any, mode: str, told: object
) -> None:
    assert call(rough, "rough", mode) == (told, "")
    assert call(rough, "rough", mode) == (told, "")
