import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.http.framing import ChunkedFraming, Framing, LengthFraming
from lambent.http.head import BadMessage


def encoded(chunks: list[bytes], *, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(c), extension, c) for c in chunks if c)
    return body + b"0\r\n" + trailer + b"\r\n"


def fed(framing: Framing, data: bytes, cuts: list[int]) -> tuple[bytes, bytes]:
    body, rest, start = b"", b"", 0
    for end in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        if framing.done:
            rest += data[start:end]
        else:
            piece, after = framing.feed(data[start:end])
            body, rest = body + piece, rest + after
        start = end
    return body, rest


@given(st.lists(st.binary(max_size=40)), st.binary(max_size=20), st.lists(st.integers(0)))
def test_chunks_decode_however_they_are_split(
    chunks: list[bytes], after: bytes, cuts: list[int]
) -> None:
    framing = ChunkedFraming()
    data = encoded(chunks, extension=b';a="b"', trailer=b"X: y\r\n") + after
    assert fed(framing, data, cuts) == (b"".join(chunks), after)
    assert framing.done


@given(st.binary(max_size=100), st.binary(max_size=20), st.lists(st.integers(0)))
def test_a_length_cuts_the_body_off(body: bytes, after: bytes, cuts: list[int]) -> None:
    assert fed(LengthFraming(len(body)), body + after, cuts) == (body, after)


@pytest.mark.parametrize(
    "data",
    [
        b"+3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"1_0\r\n",
        b" 3\r\nabc\r\n",
        b"\r\nabc\r\n",
        b"g\r\n",
        b"3\nabc\r\n",
        b"3\r\nabcd\r\n",
        b"3\r\nabc\n0\r\n\r\n",
        b"3;a\nb\r\nabc\r\n",
        b"1111111111111111\r\n",
        b"1" * 5000,
        b"1;" + b"x" * 5000 + b"\r\n",
        b"3\r\nabcxx",
        b"0\r\n" + b"X: y\r\n" * 5000,
    ],
)
def test_what_is_not_a_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        ChunkedFraming().feed(data)
