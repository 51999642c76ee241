"""A sealed file gives back what was written, or says that it is broken."""

from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.state.sealed import CHUNK_BYTES, MARK, BrokenSeal, Seal

KEY: Final = bytes(range(32))
HEAD: Final = len(MARK) + 32
SEALED: Final = CHUNK_BYTES + 16
SIZES: Final = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES)


def sealed(content: bytes) -> bytes:
    file = BytesIO()
    Seal(key=KEY).write(file, BytesIO(content))
    return file.getvalue()


def opened(at: Path, stored: bytes, *, key: bytes = KEY) -> bytes:
    at.write_bytes(stored)
    with Seal(key=key).open(at.open("rb")) as file:
        read = b"".join(iter(lambda: file.read(100_000), b""))
        assert file.size == len(read)
        file.rewind()
        assert file.read(1) == read[:1]
    return read


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read(tmp_path: Path, size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert opened(tmp_path / "file", sealed(content)) == content


def test_the_same_content_is_never_sealed_alike() -> None:
    assert sealed(b"content") != sealed(b"content")


def broken(tmp_path: Path, stored: bytes, *, key: bytes = KEY) -> None:
    path = tmp_path / "file"
    path.write_bytes(stored)
    file = path.open("rb")
    with file, pytest.raises(BrokenSeal):
        whole = Seal(key=key).open(file)
        while whole.read(1 << 20):
            ...


@given(at=st.integers(0, HEAD + 20), bit=st.integers(0, 7))
def test_no_bit_can_be_changed(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    changed = bytearray(sealed(b"hello"))
    changed[at] ^= 1 << bit
    broken(tmp_path_factory.mktemp("s"), bytes(changed))


@pytest.mark.parametrize("kept", [0, HEAD, HEAD + 15, HEAD + SEALED, HEAD + 2 * SEALED, -1])
def test_nothing_can_be_cut_off(tmp_path: Path, kept: int) -> None:
    broken(tmp_path, sealed(bytes(3 * CHUNK_BYTES))[:kept])


def test_no_chunk_can_be_moved_left_out_or_added(tmp_path: Path) -> None:
    whole = sealed(bytes(3 * CHUNK_BYTES))
    head, rest = whole[:HEAD], whole[HEAD:]
    first, second, third, last = (rest[n * SEALED :][:SEALED] for n in range(4))
    for order in (
        (second, first, third, last),
        (first, third, last),
        (first, second, second, third, last),
        (first, second, third, last + bytes(16)),
        (first, second, third),
        (last,),
    ):
        broken(tmp_path, head + b"".join(order))


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    broken(tmp_path, sealed(b"content"), key=bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(key=b"short")
