"""Attempts made inside a sandbox: each tells the error that it met, or what it got; any other failure is the test's own."""

import json
from typing import Any, Final

from tests.sandbox.conformance import run
from tests.sandbox.spawned import DirectBench

TOOLS: Final = """
import ctypes, errno, json, socket
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def call(number, *arguments):
    wide = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result

said = {}
def tried(name, what):
    try:
        got = what()
    except OSError as error:
        said[name] = errno.errorcode.get(error.errno, type(error).__name__)
    else:
        said[name] = f"GOT {got!r}"[:200]

def tell():
    os.write(OUTPUT, json.dumps(said).encode())
    end(0)
"""


async def tell(bench: DirectBench, source: str) -> Any:
    """Run `source` inside and return what it told."""
    said, how = await run(bench, f"{TOOLS}\n{source}\ntell()")
    assert how.exit_status == 0, said.decode()
    return json.loads(said)
