"""Hears of signals by a descriptor: `signal.sigtimedwait` answers garbage when it is interrupted as its time ends (CPython)."""

import ctypes
import os
import select
import signal
import sys
from collections.abc import Set as AbstractSet
from typing import Final

_SIGSET_BYTES: Final = 128
_INFO_BYTES: Final = 128
_libc: Final = ctypes.CDLL(None, use_errno=True)


class SignalListener:
    """Takes the signals of `heard`, blocked from now on, one by one. Close-on-exec; made once a process."""

    def __init__(self, heard: AbstractSet[signal.Signals]) -> None:
        """Raises OSError."""
        signal.pthread_sigmask(signal.SIG_BLOCK, heard)
        bits = sum(1 << (number - 1) for number in heard)
        mask = ctypes.create_string_buffer(
            bits.to_bytes(_SIGSET_BYTES, sys.byteorder), _SIGSET_BYTES
        )
        # Danger: the kernel reads _SIGSET_BYTES of `mask`, which is as large as glibc's and musl's sigset_t.
        self._descriptor = int(_libc.signalfd(-1, mask, os.O_CLOEXEC | os.O_NONBLOCK))
        if self._descriptor < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"signalfd: {os.strerror(code)}")
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def wait(self, seconds: float) -> signal.Signals | None:
        """Sleep until a signal comes and take it, None after `seconds`; one that came before is there at once."""
        if not self._poll.poll(max(seconds, 0.0) * 1000):
            return None
        info = os.read(self._descriptor, _INFO_BYTES)
        return signal.Signals(int.from_bytes(info[:4], sys.byteorder))
