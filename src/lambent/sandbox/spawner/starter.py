"""A runtime that is a program of the function's own: nothing to execute until the code is bound.

Until then the sandbox's second process, which is still a copy of the spawner's, waits for the START frame at descriptor 3
(docs/architecture.md, "Frames of the channel"); no code of any function runs beside it.
"""

import errno
import json
import os
import struct
from collections.abc import Sequence
from typing import Final, Never

_HEADER: Final = struct.Struct("<III")
"""Kind, length of meta, length of body."""
_START, _WAITING, _INIT_ERROR = 1, 16, 18
_REQUESTS, _RESPONSES = 3, 4
_FAILURE: Final = 1


def execute_when_told(programs: Sequence[str], folder: str) -> Never:
    """Say WAITING, and on START become the first of `programs` that is a file, in `folder`, with the frame's environment.

    Where there is none, or it cannot be executed, an INIT_ERROR says so: its body names the program (empty: there is
    none) and the error's number. Descriptors 3 and 4 are closed by a successful execution.
    """
    _say(_WAITING, {}, b"")
    environ = _await_start()
    program = next(filter(os.path.isfile, programs), "")
    failure = errno.ENOENT
    if program:
        os.chdir(folder)
        try:
            os.execve(program, [program], environ)
        except OSError as error:
            failure = error.errno or errno.EINVAL
        except ValueError:  # a NUL in a variable
            failure = errno.EINVAL
    told = json.dumps({"program": program, "errno": failure}).encode()
    _say(_INIT_ERROR, {"type": "not started"}, told)
    os._exit(_FAILURE)


def _await_start() -> dict[bytes, bytes]:
    kind, meta_length, body_length = _HEADER.unpack(_read(_HEADER.size))
    meta = json.loads(_read(meta_length))
    if kind != _START or body_length:
        os._exit(_FAILURE)
    return {name.encode(): value.encode() for name, value in meta["environ"].items()}


def _read(count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = os.read(_REQUESTS, count - len(data))
        if not more:  # nobody will ever tell
            os._exit(_FAILURE)
        data += more
    return data


def _say(kind: int, meta: dict[str, str], body: bytes) -> None:
    text = json.dumps(meta).encode()
    os.write(_RESPONSES, _HEADER.pack(kind, len(text), len(body)) + text + body)
