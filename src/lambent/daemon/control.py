"""The program lambent-control; `wiring_control.py` builds what it serves."""

import sys

from lambent.daemon.serving import run

if __name__ == "__main__":
    run("control", sys.argv[1:], wiring="lambent.daemon.wiring_control")
