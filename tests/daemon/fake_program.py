"""A small program for the supervisor to run: says in a file what happened to it, and does what its name says.

Arguments: the journal, its name, its manners.
"""

import os
import signal
import subprocess
import sys
from types import FrameType

journal, name, manners = sys.argv[1:4]


def say(event: str) -> None:
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{name} {event} {os.getpid()}\n".encode())
    os.close(descriptor)


def on_term(number: int, frame: FrameType | None) -> None:
    say("terminated")
    if manners not in ("stubborn", "draining"):
        os._exit(0)


signal.signal(signal.SIGTERM, on_term)
if manners == "crashing":
    say("started")
    sys.exit(3)
if manners == "parent":
    child = subprocess.Popen(["/bin/sleep", "600"])
    say(f"has-child-{child.pid}")
say("started")
while True:
    signal.pause()
