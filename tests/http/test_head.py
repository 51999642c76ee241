import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.http.head import BadMessage, cut_head, parse_answer_head, parse_request_head

START = b"POST /a%20b?c=d HTTP/1.1\r\nHost: h\r\n"


def refused(raw: bytes) -> int:
    with pytest.raises(BadMessage) as caught:
        parse_request_head(raw, peer="")
    return caught.value.status


def test_a_head_is_read() -> None:
    parsed = parse_request_head(START + b"Content-Length: 12\r\nX-A: 1 \r\nx-a:2\r\n\r\n", peer="p")
    assert parsed.head.method == b"POST"
    assert parsed.head.target == b"/a%20b?c=d"
    assert parsed.head.path == b"/a%20b"
    assert parsed.head.query == b"c=d"
    assert parsed.head.headers == {b"host": b"h", b"content-length": b"12", b"x-a": b"1,2"}
    assert [name for name, _ in parsed.head.raw_headers] == [
        b"Host",
        b"Content-Length",
        b"X-A",
        b"x-a",
    ]
    assert (parsed.head.content_length, parsed.head.peer) == (12, "p")
    assert parsed.keep_alive
    assert not parsed.chunked


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Length: 3\r\nContent-Length: 3\r\n", 400),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n", 400),
        (b"Transfer-Encoding: identity\r\n", 400),
        (b"Transfer-Encoding:\x0bchunked\r\n", 400),
        (b"Content-Length: +3\r\n", 400),
        (b"Content-Length: 0x3\r\n", 400),
        (b"Content-Length: 3, 3\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: 1_0\r\n", 400),
        (b"Content-Length:\r\n", 400),
        (b"Content-Length: 99999999999999999999\r\n", 400),
        (b"Content-Length : 3\r\n", 400),
        (b" Content-Length: 3\r\n", 400),
        (b"X: a\r\n Content-Length: 3\r\n", 400),
        (b"X: a\nContent-Length: 3\r\n", 400),
        (b"X: a\rContent-Length: 3\r\n", 400),
        (b"X: a\x00b\r\n", 400),
        (b"no colon\r\n", 400),
        (b": no name\r\n", 400),
        (b"Caf\xc3\xa9: x\r\n", 400),
        (b"Host: other\r\n", 400),
        (b"Expect: 200-maybe\r\n", 417),
    ],
)
def test_what_is_ambiguous_or_malformed_is_refused(lines: bytes, status: int) -> None:
    assert refused(START + lines + b"\r\n") == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET / HTTP/0.9", 505),
        (b"GET /", 505),
        (b"GET / HTTP/1.2", 400),
        (b"GET / HTTP/2.0", 505),
        (b"PRI * HTTP/2.0", 400),
        (b"get / HTTP/1.1", 400),
        (b"BREW / HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET /\xc3\xa9 HTTP/1.1", 400),
        (b"CONNECT h:1 HTTP/1.1", 501),
        (b"GET ftp://h/ HTTP/1.1", 400),
        (b"DESCRIBE / RTSP/1.0", 505),
    ],
)
def test_only_http_1_is_spoken(line: bytes, status: int) -> None:
    assert refused(line + b"\r\nHost: h\r\n\r\n") == status


def test_http_1_1_needs_a_host_and_1_0_does_not() -> None:
    assert refused(b"GET / HTTP/1.1\r\n\r\n") == 400
    assert not parse_request_head(b"GET / HTTP/1.0\r\n\r\n", peer="").keep_alive


def test_too_many_headers_are_refused() -> None:
    assert refused(START + b"X: y\r\n" * 100 + b"\r\n") == 431


def test_an_absolute_target_becomes_a_path_and_its_host_counts() -> None:
    head = parse_request_head(b"GET http://a:1/b?c HTTP/1.1\r\nHost: z\r\n\r\n", peer="").head
    assert (head.target, head.headers[b"host"]) == (b"/b?c", b"a:1")
    assert (
        parse_request_head(b"GET http://a HTTP/1.1\r\nHost: z\r\n\r\n", peer="").head.target == b"/"
    )


def test_an_offered_upgrade_is_ignored_and_the_body_still_belongs_to_the_request() -> None:
    parsed = parse_request_head(
        START + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\n", peer=""
    )
    assert parsed.head.content_length == 3
    assert parsed.keep_alive


@pytest.mark.parametrize(
    ("line", "keeps"),
    [
        (b"HTTP/1.1\r\nConnection: close\r\n", False),
        (b"HTTP/1.1\r\nConnection: x, Close\r\n", False),
        (b"HTTP/1.1\r\n", True),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_keep_alive_follows_version_and_header(line: bytes, keeps: bool) -> None:
    assert parse_request_head(b"GET / " + line + b"Host: h\r\n\r\n", peer="").keep_alive is keeps


def test_a_head_is_cut_off_at_its_blank_line() -> None:
    assert cut_head(b"\r\n\r\nGET / x\r\n\r\nrest", longest=100) == (b"GET / x\r\n\r\n", b"rest")
    assert cut_head(b"GET / x\r\n\r", longest=100) == (b"", b"GET / x\r\n\r")
    assert cut_head(b"\r\n", longest=100) == (b"", b"")


@pytest.mark.parametrize("data", [b"\x16\x03\x01", b"\r\n{", b" GET", b"\x00"])
def test_what_cannot_begin_a_request_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        cut_head(data, longest=100)
    assert caught.value.status == 400


@pytest.mark.parametrize("data", [b"G" * 100, b"G" * 97 + b"\r\n\r\n"])
def test_a_head_that_is_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        cut_head(data, longest=100)
    assert caught.value.status == 431


@given(st.binary(max_size=60))
def test_no_header_bytes_get_past_the_parser_unseen(noise: bytes) -> None:
    """Either the head is refused, or every line of it is one header."""
    raw, _ = cut_head(START + b"A: " + noise + b"\r\nB: b\r\n\r\n", longest=1000)
    try:
        parsed = parse_request_head(raw, peer="")
    except BadMessage:
        return
    assert len(parsed.head.raw_headers) == raw.count(b"\r\n") - 2


def test_an_answers_head_is_read() -> None:
    parsed = parse_answer_head(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nA: b\r\n\r\n")
    assert (parsed.status, parsed.content_length, parsed.chunked) == (201, 2, False)
    assert parsed.headers == [(b"Content-Length", b"2"), (b"A", b"b")]
    with pytest.raises(BadMessage):
        parse_answer_head(b"SMTP ready\r\n\r\n")
