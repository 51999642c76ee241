"""The program lambent-names: forwards the look-ups of names that functions make, to whom the host asks, without any power."""

import argparse
import os
import socket
import sys
from collections.abc import Sequence

from lambent.daemon.privileges import close_to_others, lay_down, name_process
from lambent.kit.clock import SystemClock
from lambent.kit.file_limit import raise_file_limit
from lambent.sandbox.network.forwarder import Forwarder
from lambent.sandbox.network.upstreams import Upstreams


def main(arguments: Sequence[str]) -> None:
    """Run until SIGTERM, which has nothing to clear away."""
    parser = argparse.ArgumentParser(prog="lambent-names", description=__doc__)
    parser.add_argument("--udp", required=True, type=int, help="descriptor of a bound socket")
    parser.add_argument("--tcp", required=True, type=int, help="descriptor of one that listens")
    parser.add_argument("server", nargs="*", help="name servers to ask in place of the host's")
    read = parser.parse_args(arguments)
    name_process("lambent-names")
    raise_file_limit()
    lay_down()
    close_to_others()
    Forwarder(
        udp=socket.socket(fileno=read.udp),
        tcp=socket.socket(fileno=read.tcp),
        names=Upstreams(given=read.server),
        clock=SystemClock(),
        chance=os.urandom,
    ).run()


if __name__ == "__main__":
    main(sys.argv[1:])
