"""Immutable contents named by their sha256, each in a sealed file."""

import hashlib
import io
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Final, Protocol

from lambent.state.room import NoRoom, full_disk_is_no_room
from lambent.state.sealed import CHUNK_BYTES, MARK, BrokenSeal, Seal

_TEMPORARY: Final = ".new-"


class BlobMissing(Exception):
    """There is no blob of this name; the text names it."""


class BlobDamaged(Exception):
    """What is on disk is not what was stored; the text names it."""


class OpenBlob(Protocol):
    """The content of a blob, read from its start; close it."""

    @property
    def size(self) -> int:
        """Of the content."""
        ...

    def read(self, most: int) -> bytes:
        """The next bytes, at most `most`; none at the end."""
        ...

    def rewind(self) -> None:
        """Read from the start again."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, most: int, /) -> bytes:
        """The next bytes, at most `most`; none at the end."""
        ...


def digest_of(content: Readable) -> str:
    """The name of what is left of `content`: its sha256 in hexadecimal digits."""
    digest = hashlib.sha256()
    while piece := content.read(CHUNK_BYTES):
        digest.update(piece)
    return digest.hexdigest()


class Blobs:
    """Blobs in one directory. Blocking: call it from a thread."""

    def __init__(self, directory: Path, *, seal: Seal) -> None:
        self._directory, self._seal = directory, seal

    def prepare(self) -> None:
        """Make the directory and remove what an interrupted `put` left behind."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for unfinished in self._directory.glob(f"{_TEMPORARY}*"):
            unfinished.unlink()

    def seal_plain(self) -> None:
        """Seal the blobs that a version without encryption has left; what is damaged stays as it is. Raises OSError."""
        for name in self.names():
            with suppress(BlobMissing, BlobDamaged, NoRoom, FileNotFoundError):
                if self._is_plain(name):
                    content = self.read(name)
                    with full_disk_is_no_room():
                        self._write(name, io.BytesIO(content))

    def put(self, content: bytes) -> str:
        """Store `content` for good and return its name; on disk when this returns.

        Raises NoRoom, OSError.
        """
        return self.put_file(io.BytesIO(content))

    def put_file(self, content: IO[bytes]) -> str:
        """As `put`, of a file that can be sought in, whole and piece by piece."""
        content.seek(0)
        name = digest_of(content)
        if self._sound(name):
            return name
        content.seek(0)
        with full_disk_is_no_room():
            self._write(name, content)
        return name

    def open(self, name: str) -> OpenBlob:
        """Open a blob at its start, after its whole content was checked. Raises BlobMissing, BlobDamaged."""
        blob = self._opened(name)
        try:
            self._check(blob, name)
        except BrokenSeal as error:
            blob.close()
            raise BlobDamaged(f"{self._directory / name} cannot be read: {error}") from error
        except BaseException:
            blob.close()
            raise
        blob.rewind()
        return blob

    def _check(self, blob: OpenBlob, name: str) -> None:
        if digest_of(blob) != name:
            raise BlobDamaged(f"{self._directory / name} is not what was stored")

    def read(self, name: str) -> bytes:
        """The content of a blob, checked. Raises BlobMissing, BlobDamaged."""
        blob = self.open(name)
        try:
            return b"".join(iter(lambda: blob.read(CHUNK_BYTES), b""))
        finally:
            blob.close()

    def free_bytes(self) -> int:
        """How much more the disk below takes."""
        status = os.statvfs(self._directory)
        return status.f_bavail * status.f_frsize

    def delete(self, name: str) -> None:
        """Remove a blob; none is fine."""
        (self._directory / name).unlink(missing_ok=True)

    def names(self) -> frozenset[str]:
        """The names of all blobs."""
        return frozenset(
            f.name for f in self._directory.iterdir() if not f.name.startswith(_TEMPORARY)
        )

    def _opened(self, name: str) -> OpenBlob:
        try:
            file = (self._directory / name).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(f"the package {name} is not in {self._directory}") from error
        try:
            plain = file.read(len(MARK)) != MARK
            file.seek(0)
            return _PlainFile(file) if plain else self._seal.open(file)
        except BrokenSeal as error:
            file.close()
            raise BlobDamaged(f"{self._directory / name} cannot be read: {error}") from error
        except BaseException:
            file.close()
            raise

    def _is_plain(self, name: str) -> bool:
        with (self._directory / name).open("rb") as file:
            return file.read(len(MARK)) != MARK

    def _sound(self, name: str) -> bool:
        try:
            self.open(name).close()
            return not self._is_plain(name)
        except (BlobMissing, BlobDamaged):
            return False

    def _write(self, name: str, content: IO[bytes]) -> None:
        descriptor, path = tempfile.mkstemp(prefix=_TEMPORARY, dir=self._directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                self._seal.write(file, content)
                file.flush()
                os.fsync(file.fileno())
            Path(path).replace(self._directory / name)
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise
        # The rename is only durable once the directory is.
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


class _PlainFile:
    """A blob of a version without encryption: it is checked against its name like any other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self.read, self.close = file.read, file.close

    def rewind(self) -> None:
        """Read from the start again."""
        self._file.seek(0)
