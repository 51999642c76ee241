"""Files that only the holder of a key can read, or change without being found out: AES-256-GCM, chunk by chunk.

A file is a mark, 32 random bytes and chunks, each 256 KiB of content and a tag of 16 bytes; the last one is shorter, maybe
empty. Every file has a key of its own, derived from the given one and the random bytes, and a chunk's nonce is its number and
whether it is the last: none can be changed, moved, left out or added.
"""

import hmac
import os
from functools import cached_property
from itertools import count
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Self

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = b"lambent\x01"
CHUNK_BYTES: Final = 256 * 1024

_SALT_BYTES, _TAG_BYTES = 32, 16
_HEAD_BYTES: Final = len(MARK) + _SALT_BYTES
_SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + _TAG_BYTES
_PURPOSE: Final = b"lambent sealed file\0"
_KEY_BYTES: Final = 32


class BrokenSeal(Exception):
    """A sealed file is not what was written, or was sealed with another key."""


class Seal:
    """Seals and opens files with one key."""

    def __init__(self, *, key: bytes) -> None:
        """Take a key of 32 random bytes. Raises ValueError for others."""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"A seal's key has {_KEY_BYTES} bytes, not {len(key)}")
        self._key = key

    def write(self, file: BinaryIO, source: IO[bytes]) -> None:
        """Write what is left of `source`, which gives short reads at its end alone, sealed, to the empty `file`. Raises OSError."""
        salt = os.urandom(_SALT_BYTES)
        file.write(MARK + salt)
        chunks = _Chunks(self._key, salt)
        for number in count():
            piece = source.read(CHUNK_BYTES)
            last = len(piece) < CHUNK_BYTES
            file.write(chunks.seal(number, piece, last=last))
            if last:
                return

    def open(self, file: BinaryIO) -> "SealedFile":
        """Read what `write` wrote to `file`, which is at its start and is closed with what is returned. Raises BrokenSeal."""
        size = os.fstat(file.fileno()).st_size - _HEAD_BYTES
        head = file.read(_HEAD_BYTES)
        whole, rest = divmod(size, _SEALED_CHUNK_BYTES)
        if size < 0 or rest < _TAG_BYTES or not head.startswith(MARK):
            raise BrokenSeal("it is not a whole sealed file")
        return SealedFile(
            file=file,
            chunks=_Chunks(self._key, head[len(MARK) :]),
            last=whole,
            size=whole * CHUNK_BYTES + rest - _TAG_BYTES,
        )


class SealedFile:
    """The content of a sealed file, read from its start; a context manager that closes it."""

    def __init__(self, *, file: BinaryIO, chunks: "_Chunks", last: int, size: int) -> None:
        self.size = size
        """Of the content."""
        self._file, self._chunks, self._last = file, chunks, last
        self._next = 0
        self._left = memoryview(b"")

    def __enter__(self) -> Self:
        """Be read within the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def read(self, most: int) -> bytes:
        """The next bytes, at most `most`; none at the end. Raises BrokenSeal, OSError."""
        if not self._left and self._next <= self._last:
            sealed = self._file.read(_SEALED_CHUNK_BYTES)
            self._left = memoryview(
                self._chunks.open(self._next, sealed, last=self._next == self._last)
            )
            self._next += 1
        piece, self._left = self._left[:most], self._left[most:]
        return bytes(piece)

    def rewind(self) -> None:
        """Read from the start again."""
        self._file.seek(_HEAD_BYTES)
        self._next, self._left = 0, memoryview(b"")

    def close(self) -> None:
        """Read no more."""
        self._file.close()


class _Chunks:
    """The chunks of one file."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._key = hmac.digest(key, _PURPOSE + salt, "sha256")

    @cached_property
    def _cipher(self) -> "AESGCM":
        # Loaded when it is needed: 9 MB that a control which nobody deploys to does without.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as said

        return AESGCM(self._key)

    def seal(self, number: int, piece: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(_nonce(number, last=last), piece, None)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

        try:
            return self._cipher.decrypt(_nonce(number, last=last), sealed, None)
        except InvalidTag as error:
            raise BrokenSeal("it was changed, or sealed with another key") from error


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
