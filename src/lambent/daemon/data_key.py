"""The key that packages and unpacked code are encrypted with: made once for a data directory, kept in its folder of keys.

With `[encryption] key_command` the file holds it locked, and only what that command prints unlocks it.
"""

import hashlib
import hmac
import logging
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lambent.daemon.failure import StartFailure
from lambent.identity.keys import create_once, write_beside

_log = logging.getLogger(__name__)

KEY_BYTES: Final = 32
_LOCKED: Final = b"lambent locked key\x01"
_NONCE_BYTES: Final = 12
_LOCKED_BYTES: Final = len(_LOCKED) + _NONCE_BYTES + KEY_BYTES + 16
_LEAST_PRINTED, _MOST_PRINTED = 32, 4096
_COMMAND_SECONDS: Final = 30.0


def data_key(path: Path, *, key_command: str) -> bytes:
    """The 32 bytes kept at `path` (0600), made when there are none.

    With a `key_command` a file that is not locked yet becomes it. Raises StartFailure, OSError.
    """
    lock = _lock_key(key_command) if key_command else None
    if not path.exists():
        fresh = os.urandom(KEY_BYTES)
        create_once(path, fresh if lock is None else _locked(fresh, lock))
    stored = path.read_bytes()
    if len(stored) == KEY_BYTES:
        if lock is not None:
            write_beside(path, _locked(stored, lock)).replace(path)
            _log.info("the key in %s is locked: from now on only key_command opens it", path)
        return stored
    if len(stored) != _LOCKED_BYTES or not stored.startswith(_LOCKED):
        raise StartFailure(
            f"{path} is not a key; without it the packages in the data directory cannot be read."
        )
    if lock is None:
        raise StartFailure(
            f"{path} is locked: set [encryption] key_command to the command that it was locked with."
        )
    return _unlocked(path, stored, lock)


def derived(key: bytes, purpose: bytes, *, size: int) -> bytes:
    """At most 64 bytes that follow from `key`, other ones for each `purpose`."""
    return hmac.digest(key, b"lambent data key\0" + purpose, "sha512")[:size]


def held(key: bytes) -> int:
    """A descriptor that `key` can be read from, by this process and those it hands it to: no command line shows it."""
    descriptor = os.memfd_create("key", os.MFD_CLOEXEC)
    os.write(descriptor, key)
    return descriptor


def of_descriptor(descriptor: int) -> bytes:
    """What `held` was given."""
    return os.pread(descriptor, KEY_BYTES, 0)


def _lock_key(command: str) -> bytes:
    printed = _printed(command)
    if len(printed) > _LEAST_PRINTED:
        printed = printed.removesuffix(b"\n").removesuffix(b"\r")
    if not _LEAST_PRINTED <= len(printed) <= _MOST_PRINTED:
        raise StartFailure(
            f"[encryption] key_command printed {len(printed)} bytes: a key has "
            f"{_LEAST_PRINTED} to {_MOST_PRINTED}."
        )
    return hashlib.sha256(b"lambent lock key\0" + printed).digest()


def _printed(command: str) -> bytes:
    try:
        ran = subprocess.run(
            ("/bin/sh", "-c", command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            preexec_fn=_take_signals,  # the supervisor has one thread
        )
    except subprocess.TimeoutExpired:
        raise StartFailure(
            f"[encryption] key_command did not end within {_COMMAND_SECONDS:.0f} seconds."
        ) from None
    if ran.returncode != 0:
        raise StartFailure(
            f"[encryption] key_command failed with status {ran.returncode}{_last_words(ran.stderr)}."
        )
    return ran.stdout


def _take_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _last_words(said: bytes) -> str:
    lines: Sequence[str] = said.decode(errors="replace").strip().splitlines()
    return f" ({lines[-1][:200].rstrip('.')})" if lines else ""


def _locked(key: bytes, lock: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return _LOCKED + nonce + AESGCM(lock).encrypt(nonce, key, _LOCKED)


def _unlocked(path: Path, stored: bytes, lock: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, sealed = stored[len(_LOCKED) :][:_NONCE_BYTES], stored[len(_LOCKED) + _NONCE_BYTES :]
    try:
        return AESGCM(lock).decrypt(nonce, sealed, _LOCKED)
    except InvalidTag:
        raise StartFailure(
            f"What [encryption] key_command printed does not unlock {path}: "
            "it is not the key that the data directory was locked with."
        ) from None
