"""The program lambent-edge; `wiring_edge.py` builds what it serves."""

import sys

from lambent.daemon.program import run

if __name__ == "__main__":
    run("edge", sys.argv[1:], wiring="lambent.daemon.wiring_edge")
