"""The program lambent-edge; `wiring_edge.py` builds what it serves."""

import sys

from lambent.daemon.serving import run

if __name__ == "__main__":
    run("edge", sys.argv[1:], wiring="lambent.daemon.wiring_edge")
