"""The master key of a data directory, and the root access key that follows from it."""

import base64
import hmac
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_MASTER_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What a client signs with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    """Empty for a key that doesn't expire."""


class MasterKey:
    """The secret from which every key that we issue is derived; nothing issued need be stored."""

    __slots__ = ("_secret",)

    def __init__(self, *, secret: bytes) -> None:
        """Take the 32 random bytes. Raises ValueError when there are more or fewer."""
        if len(secret) != _MASTER_BYTES:
            raise ValueError(f"A master key has {_MASTER_BYTES} bytes, not {len(secret)}")
        self._secret = secret

    @classmethod
    def load_or_create(cls, path: Path) -> "MasterKey":
        """The key kept at `path` (0600), made when there is none; of two makers one wins and both get its key.

        Raises OSError, and ValueError when the file holds something else.
        """
        if not path.exists():
            create_once(path, os.urandom(_MASTER_BYTES))
        secret = path.read_bytes()
        if len(secret) != _MASTER_BYTES:
            raise ValueError(
                f"{path} is not a master key: it has {len(secret)} bytes, not {_MASTER_BYTES}"
            )
        return cls(secret=secret)

    def derive(self, purpose: bytes, message: bytes) -> bytes:
        """32 bytes that nobody without the master key can make; each `purpose` (no zero byte in it) has its own."""
        return hmac.digest(self._secret, purpose + b"\0" + message, "sha256")

    @property
    def root_access_key(self) -> AccessKey:
        """The root user's access key: always the same one."""
        identifier = self.derive(b"root access key id", b"")[:10]
        return AccessKey(
            access_key_id="LKIA" + base64.b32encode(identifier).decode(),
            secret_access_key=base64.b64encode(self.derive(b"root secret", b"")[:30]).decode(),
        )

    def write_root_key(self, path: Path) -> None:
        """Put the root access key into a JSON file (0600), whole or not at all. Raises OSError."""
        key = self.root_access_key
        members = {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}
        written = write_beside(path, json.dumps(members, indent=2).encode() + b"\n")
        written.replace(path)
        _sync_directory(path.parent)


def create_once(path: Path, content: bytes) -> None:
    """Make the file (0600) unless somebody else has, whole or not at all. Raises OSError."""
    written = write_beside(path, content)
    try:
        path.hardlink_to(written)  # unlike a rename, this never replaces a key that is in use
    except FileExistsError:
        return
    finally:
        written.unlink()
    _sync_directory(path.parent)


def write_beside(path: Path, content: bytes) -> Path:
    """A new file (mkstemp: 0600) in the same directory, its content on the disk. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_directory(path: Path) -> None:
    """Put the directory's entries on the disk: without this a new name may be gone after a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
