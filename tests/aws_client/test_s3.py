"""Packages from S3, of a stand-in on loopback: AWS's words for what cannot be had (reference 01 §5), and nothing else asked."""

import asyncio
import contextlib
import hashlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from lambent.aws_client.s3 import AccessKey, S3Packages
from lambent.catalog.code_source import CodeSource
from lambent.identity.sigv4 import Form, SigningKey, canonical_target
from lambent.model.errors import AccessDenied, InvalidParameterValue, ServiceError
from lambent.model.limits import MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES
from lambent.model.packages import S3Object
from tests.aws_client.stand_in import StandIn, error, s3_stand_in
from tests.fakes.clock import ManualClock

KEY = AccessKey(access_key_id="AKID", secret_access_key="secret")
GET = "Error occurred while GetObject. S3 Error Code: "


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with s3_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def s3(server: StandIn) -> StandIn:
    server.objects.clear()
    server.answers.clear()
    server.asked.clear()
    return server


def packages(
    url: str, tmp_path: Path, key: AccessKey | None = None, clock: ManualClock | None = None
) -> S3Packages:
    return S3Packages(
        endpoint=url, access_key=key, spool_dir=tmp_path, clock=clock or ManualClock()
    )


@pytest.fixture
async def unsigned(s3: StandIn, tmp_path: Path) -> AsyncIterator[CodeSource]:
    async with packages(s3.url, tmp_path) as source:
        yield source


def at(key: str, *, bucket: str = "bucket", version_id: str = "") -> S3Object:
    return S3Object(region="cn-north-1", bucket=bucket, key=key, version_id=version_id)


async def fetched(source: CodeSource, package: S3Object) -> bytes:
    with await source.fetch(package) as file:
        return file.read()


async def refusal(source: CodeSource, package: S3Object) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        await source.fetch(package)
    return refused.value


async def test_an_object_is_fetched_path_style_and_unsigned_without_a_key(
    s3: StandIn, unsigned: CodeSource
) -> None:
    s3.objects["/bucket/packages/app.zip"] = b"zip"
    assert await fetched(unsigned, at("packages/app.zip")) == b"zip"
    [(target, headers)] = s3.asked
    assert target == "/bucket/packages/app.zip"
    assert "authorization" not in headers


async def test_a_version_is_asked_for_by_its_id(s3: StandIn, unsigned: CodeSource) -> None:
    s3.objects["/bucket/k"] = b"old"
    assert await fetched(unsigned, at("k", version_id="a b/c&d")) == b"old"
    assert s3.asked[0][0] == "/bucket/k?versionId=a%20b%2Fc%26d"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a b+c?d#e%f", "/bucket/a%20b%2Bc%3Fd%23e%25f"),
        ("ä/€", "/bucket/%C3%A4/%E2%82%AC"),
        ("/lead//double/", "/bucket//lead//double/"),
        ("../other/k", "/bucket/%2E%2E/other/k"),
        ("a/./../../k", "/bucket/a/%2E/%2E%2E/%2E%2E/k"),
        (".hidden/..x", "/bucket/.hidden/..x"),
    ],
)
async def test_any_key_stays_in_its_bucket(
    s3: StandIn, unsigned: CodeSource, key: str, path: str
) -> None:
    s3.objects[path] = b"zip"
    assert await fetched(unsigned, at(key)) == b"zip"
    assert s3.asked[0][0] == path


@pytest.mark.parametrize("token", ["", "session"])
async def test_a_request_is_signed_as_a_server_verifies_it(
    s3: StandIn, tmp_path: Path, token: str
) -> None:
    s3.objects["/bucket/%2E%2E/k%20%2B"] = b"zip"
    key = AccessKey(access_key_id="AKID", secret_access_key="secret", session_token=token)
    async with packages(s3.url, tmp_path, key) as source:
        assert await fetched(source, at("../k +", version_id="v")) == b"zip"
    [(target, headers)] = s3.asked
    assert headers.get("x-amz-security-token", "") == token
    claim = dict(
        part.split("=", 1)
        for part in headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
    )
    scope = claim["Credential"].removeprefix("AKID/")
    assert scope.split("/")[1:] == ["cn-north-1", "s3", "aws4_request"]
    canonical = Form(claim["SignedHeaders"].encode()).canonical(
        b"GET",
        canonical_target(target.encode(), "s3"),
        {name.encode(): value.encode() for name, value in headers.items()},
        headers["x-amz-content-sha256"].encode(),
    )
    signing = SigningKey(secret_access_key="secret", scope=scope.encode())
    expected = signing.signature(headers["x-amz-date"].encode(), canonical)
    assert claim["Signature"].encode() == expected


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "NoSuchKey", "The specified key does not exist."),
        (404, "NoSuchBucket", "The specified bucket does not exist"),
        (404, "NoSuchVersion", "The specified version does not exist."),
        (400, "Odd", "a <b> & c"),
        (503, "SlowDown", "Please reduce your request rate."),
    ],
)
async def test_what_s3_says_is_passed_on_in_lambdas_words(
    s3: StandIn, unsigned: CodeSource, status: int, code: str, message: str
) -> None:
    s3.answers["/bucket/k"] = error(status, code, message)
    refused = await refusal(unsigned, at("k"))
    assert isinstance(refused, InvalidParameterValue)
    assert refused.message == f"{GET}{code}. S3 Error Message: {message}"


async def test_a_bucket_in_another_region_is_named_and_not_gone_to(
    s3: StandIn, unsigned: CodeSource
) -> None:
    """AWS documentation: troubleshooting deployment, PermanentRedirect."""
    s3.objects["/elsewhere"] = b"zip"
    s3.answers["/bucket/k"] = error(
        301,
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
        Location=f"{s3.url}/elsewhere",
        x_amz_bucket_region="us-east-2",
    )
    assert (await refusal(unsigned, at("k"))).message == (
        f"{GET}PermanentRedirect. S3 Error Message: The bucket is in this region: us-east-2. "
        "Please use this region to retry the request"
    )
    assert [target for target, _ in s3.asked] == ["/bucket/k"]


async def test_no_access_is_access_denied(s3: StandIn, unsigned: CodeSource) -> None:
    """Seen by AWS's users (public issues)."""
    s3.answers["/bucket/a/k"] = error(403, "AccessDenied", "Access Denied")
    refused = await refusal(unsigned, at("a/k"))
    assert isinstance(refused, AccessDenied)
    assert refused.message == (
        "Your access has been denied by S3, please make sure your request credentials have permission to GetObject "
        "for bucket/a/k. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
    )


def plain(status: int, body: bytes, **headers: str) -> "Answering":
    return Answering(status, body, headers)


class Answering:
    """An answer with the headers given, its body as long as it is."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._status, self._body, self._headers = status, body, headers

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(self._status)
        for name, value in self._headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        with contextlib.suppress(ConnectionError):
            handler.wfile.write(self._body)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            plain(302, b"", Location="http://169.254.169.254/"),
            "it answered 302, and not as S3 does.",
        ),
        (plain(500, b"<html>oops"), "it answered 500, and not as S3 does."),
        (plain(404, b"\xff" * 200_000), "it answered 404, and not as S3 does."),
    ],
    ids=["redirect", "error page", "long and binary"],
)
async def test_an_answer_that_is_none_of_s3s_is_told(
    s3: StandIn, unsigned: CodeSource, answer: Answering, text: str
) -> None:
    s3.answers["/bucket/k"] = answer
    refused = await refusal(unsigned, at("k"))
    assert refused.message == f"lambent cannot fetch s3://bucket/k from {s3.url}: {text}"


async def test_an_object_that_breaks_off_is_not_taken(s3: StandIn, unsigned: CodeSource) -> None:
    s3.answers["/bucket/k"] = plain(200, b"half", Content_Length="8")
    message = (await refusal(unsigned, at("k"))).message
    assert message.startswith(f"lambent cannot fetch s3://bucket/k from {s3.url}: ")


async def test_an_endpoint_where_nobody_answers_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unheard:
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
    async with packages(url, tmp_path) as source:
        message = (await refusal(source, at("k"))).message
    assert message.startswith(f"lambent cannot fetch s3://bucket/k from {url}: ")


async def test_more_than_50_mb_are_taken_through_a_file_without_a_name(
    s3: StandIn, unsigned: CodeSource, tmp_path: Path
) -> None:
    large = b"0123456789abcdef" * (MAX_ZIP_BYTES // 16) + b"more"
    s3.objects["/bucket/k"] = large
    with await unsigned.fetch(at("k")) as file:
        assert list(tmp_path.iterdir()) == []
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(large).digest()  # type: ignore[arg-type]  # it has all of a file


async def test_more_than_a_package_may_hold_is_refused_before_it_is_all_there(
    s3: StandIn, unsigned: CodeSource
) -> None:
    s3.answers["/bucket/k"] = plain(200, b"x", Content_Length=str(MAX_UNZIPPED_BYTES + 1))
    refused = await refusal(unsigned, at("k"))
    assert refused.message == "Unzipped size must be smaller than 262144000 bytes"


async def test_an_object_that_takes_too_long_is_given_up(s3: StandIn, tmp_path: Path) -> None:
    clock = ManualClock()

    def late(handler: BaseHTTPRequestHandler) -> None:
        clock.advance(301)
        plain(200, b"x" * 10)(handler)

    s3.answers["/bucket/k"] = late
    async with packages(s3.url, tmp_path, clock=clock) as source:
        message = (await refusal(source, at("k"))).message
    assert (
        message
        == f"lambent cannot fetch s3://bucket/k from {s3.url}: it took more than 300 seconds."
    )


async def test_who_waits_no_longer_leaves_nothing_behind(s3: StandIn, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def held(handler: BaseHTTPRequestHandler) -> None:
        begun.set()
        assert go_on.wait(20)
        plain(200, b"x" * 10)(handler)

    s3.answers["/bucket/k"] = held
    async with packages(s3.url, tmp_path) as source:
        async with asyncio.TaskGroup() as tasks:
            fetching = tasks.create_task(source.fetch(at("k")))
            assert await asyncio.to_thread(begun.wait, 20)
            fetching.cancel()
        assert fetching.cancelled()
        go_on.set()
    assert list(tmp_path.iterdir()) == []
