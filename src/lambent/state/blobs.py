"""Immutable files named by the sha256 of what they hold."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

from lambent.state.room import full_disk_is_no_room

_TEMPORARY: Final = ".new-"


class BlobMissing(Exception):
    """There is no blob of this name; the text names it."""


class BlobDamaged(Exception):
    """What is on disk is not what was stored; the text names it."""


class Blobs:
    """Blobs in one directory. Blocking: call it from a thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def prepare(self) -> None:
        """Make the directory and remove what an interrupted `put` left behind."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for unfinished in self._directory.glob(f"{_TEMPORARY}*"):
            unfinished.unlink()

    def put(self, content: bytes) -> str:
        """Store `content` for good and return its name; on disk when this returns.

        Raises NoRoom, OSError.
        """
        name = hashlib.sha256(content).hexdigest()
        if self._sound(name):
            return name
        with full_disk_is_no_room():
            self._write(name, content)
        return name

    def open(self, name: str) -> BinaryIO:
        """Open a blob at its start, after its whole content was checked. Raises BlobMissing, BlobDamaged."""
        try:
            blob = (self._directory / name).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(f"the package {name} is not in {self._directory}") from error
        if hashlib.file_digest(blob, "sha256").hexdigest() != name:
            blob.close()
            raise BlobDamaged(f"{self._directory / name} is not what was stored")
        blob.seek(0)
        return blob

    def read(self, name: str) -> bytes:
        """The content of a blob, checked. Raises BlobMissing, BlobDamaged."""
        with self.open(name) as blob:
            return blob.read()

    def delete(self, name: str) -> None:
        """Remove a blob; none is fine."""
        (self._directory / name).unlink(missing_ok=True)

    def names(self) -> frozenset[str]:
        """The names of all blobs."""
        return frozenset(
            f.name for f in self._directory.iterdir() if not f.name.startswith(_TEMPORARY)
        )

    def _sound(self, name: str) -> bool:
        try:
            self.open(name).close()
        except (BlobMissing, BlobDamaged):
            return False
        return True

    def _write(self, name: str, content: bytes) -> None:
        descriptor, path = tempfile.mkstemp(prefix=_TEMPORARY, dir=self._directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
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
