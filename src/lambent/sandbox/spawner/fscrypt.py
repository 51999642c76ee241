"""Directories that the kernel encrypts (fscrypt, policy version 2), by raw ioctls: the standard library has none of them.

A key lives in the kernel as long as its file system is mounted, and nowhere else unless its maker keeps it.
"""

import fcntl
import os
import struct
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 64

_ADD_KEY: Final = 0xC0506617
_SET_POLICY: Final = 0x800C6613
_GET_POLICY: Final = 0xC0096616
_BY_IDENTIFIER: Final = 2
_VERSION: Final = 2
_AES_256_XTS, _AES_256_CTS = 1, 4
_PAD_TO_32: Final = 3
_POLICY: Final = struct.Struct("<BBBB4s16s")
_EXT4_FEATURE: Final = Path("/sys/fs/ext4/features/encryption")


def available() -> bool:
    """Whether this kernel encrypts directories of ext4."""
    return _EXT4_FEATURE.exists()


def encrypt(directory: int, *, root: int, key: bytes) -> None:
    """Have everything that comes into the empty `directory` encrypted with `key`: contents and names.

    `root` is any open directory of the same file system. Raises OSError: EOPNOTSUPP where the kernel can't.
    """
    set_policy(directory, add_key(root, key))


def add_key(root: int, key: bytes) -> bytes:
    """Let the kernel have `key` (64 bytes) for the file system of `root`; returns the name that it has there. Raises OSError."""
    head = struct.pack("<II32sII32s", _BY_IDENTIFIER, 0, b"", len(key), 0, b"")
    argument = bytearray(head + key)
    fcntl.ioctl(root, _ADD_KEY, argument)
    identifier = bytes(argument[8:24])
    argument[:] = bytes(len(argument))
    return identifier


def set_policy(directory: int, identifier: bytes) -> None:
    """Have everything that comes into the empty `directory` encrypted with the key of that name. Raises OSError."""
    policy = _POLICY.pack(_VERSION, _AES_256_XTS, _AES_256_CTS, _PAD_TO_32, b"", identifier)
    fcntl.ioctl(directory, _SET_POLICY, policy)


def policy_of(directory: int) -> bytes:
    """Return the name of the key that what comes into `directory` is encrypted with. Raises OSError: ENODATA with none."""
    argument = bytearray(struct.pack("<Q", _POLICY.size) + bytes(_POLICY.size))
    fcntl.ioctl(directory, _GET_POLICY, argument)
    identifier: bytes = _POLICY.unpack_from(argument, 8)[-1]
    return identifier


def new_key() -> bytes:
    """A key that nobody else has."""
    return os.urandom(KEY_BYTES)
