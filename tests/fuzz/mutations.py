"""Ways to break a request on the wire."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any, Final
from urllib.parse import quote

from lambent.wire.protocol import WireRequest

Mutation = Callable[[Random, WireRequest], WireRequest]

_DEEP: Final = 100_000
_JUNK: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 2**31, -(2**31) - 1, 2**63, 2**70, 1.5, -0.0, 1e308),
    *(
        "",
        "x",
        "x" * 5_000,
        "\x00",
        "\ud800",
        "🎈",
        "\u202e",
        "日本",
        "a\nb",
        "' OR 1=1 --",
        "../..",
        "$LATEST",
    ),
    *([], {}, [1], [None], ["x"] * 60, {"a": 1}, {"": ""}, [[[[]]]], {"a": {"b": {"c": []}}}),
    *(
        "arn:aws:lambda:us-east-1:123456789012:function:base-0:1",
        "arn:aws:s3:::b",
        {f"k{n}": "v" for n in range(60)},
    ),
)
_BODIES: Final = (
    *(b"", b"null", b"[]", b'"x"', b"17", b"{", b"}", b"{}{}", b"NaN", b"{'a': 1}", b'{"a": 1,}'),
    *(b"\xef\xbb\xbf{}", b'{"a": "\xff"}', b'{"a": "\\ud800"}', b'{"Timeout": 1e400}', b"\x00" * 9),
    b"[" * _DEEP,
    b'{"a":' * _DEEP,
    b'{"Environment":' * _DEEP + b"1" + b"}" * _DEEP,
    b'{"Timeout": ' + b"9" * 5_000 + b"}",
)
_SEGMENTS: Final = (
    *(
        b"%",
        b"%zz",
        b"%ff%fe",
        b"%00",
        b"%2e%2e",
        b"..",
        b"",
        b"%F0%9F%8E%88",
        b"x" * 5_000,
        b"a:b:c:d",
    ),
    *(
        b"%24LATEST",
        b"base-0%3A%24LATEST",
        b"nobody",
        b"arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af",
    ),
    *(b"999999999999%3Afunction%3Abase-0", b"\xff\xfe", b"%0d%0aX%3A%20y"),
)
_QUERIES: Final = (
    *(
        b"Qualifier=%24LATEST",
        b"Qualifier=prod",
        b"Qualifier=1",
        b"Qualifier=",
        b"Qualifier=%ff",
        b"MaxItems=0",
    ),
    *(
        b"MaxItems=99999999999999999999",
        b"MaxItems=x",
        b"MaxItems=1&MaxItems=2",
        b"Marker=x",
        b"Marker=%00",
    ),
    *(
        b"tagKeys=a&tagKeys=",
        b"FunctionVersion=all",
        b"List=ALL",
        b"find=LayerVersion",
        b"&&&===",
        b"%=%",
    ),
    *(
        b"X-Amz-Credential=a/b/c/d/e",
        b"X-Amz-Algorithm=AWS4-HMAC-SHA256",
        b"Action=GetCallerIdentity&Version=2011-06-15",
    ),
)
_HEADERS: Final[Mapping[bytes, tuple[bytes, ...]]] = {
    b"authorization": (
        *(
            b"",
            b"Basic eDp5",
            b"AWS4-HMAC-SHA256",
            b"AWS4-HMAC-SHA256 Credential=/, SignedHeaders=, Signature=",
        ),
        b"AWS4-HMAC-SHA256 Credential=a/20240501/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
        b"AWS4-HMAC-SHA256 Credential=a/20240501/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
        b"AWS4-HMAC-SHA256 Credential=\xff/2/3/lambda/aws4_request, SignedHeaders=\xff, Signature=\xff",
    ),
    b"x-amz-target": (
        b"",
        b"x",
        b"Logs_20140328.GetLogEvents",
        b"Logs_20140328.",
        b"AmazonSQS.SendMessage",
        b"\xff.\xff",
    ),
    b"content-type": (
        b"",
        b"text/xml",
        b"application/x-www-form-urlencoded",
        b"application/json; charset=\xff",
    ),
    b"smithy-protocol": (b"rpc-v2-cbor", b"x"),
    b"x-amz-invocation-type": (b"", b"Event", b"event", b"\xff"),
    b"x-amz-log-type": (b"Tail", b"tail"),
    b"x-amz-client-context": (b"e30=", b"e", b"!!!", b"\xff", b"eA==", b"A" * 5_000, b"W10="),
    b"x-amz-tenant-id": (b"t", b"", b"\xff"),
    b"x-amz-durable-execution-name": (b"d", b"\xff"),
    b"x-amzn-trace-id": (
        b"",
        b"Root=1-x",
        b"Root=1-00000000-000000000000000000000000;Sampled=1",
        b"\xff",
    ),
    b"x-amz-date": (b"", b"20240501T000000Z", b"x"),
    b"host": (b"", b"example.com", b"\xff"),
}


def broken(random: Random, request: WireRequest) -> WireRequest:
    """`request` with up to three things wrong with it; by chance it may still be in order."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        request = random.choices(_MUTATIONS, _WEIGHTS)[0](random, request)
    return request


def _member(random: Random, request: WireRequest) -> WireRequest:
    """Another value for something in a JSON body."""
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError):
        return _body(random, request)
    holders = [h for h in _holders(document) if h]
    if not holders:
        return _body(random, request)
    holder = random.choice(holders)
    key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    kind = random.random()
    if kind < 0.2:
        del holder[key]
    elif kind < 0.3 and isinstance(holder, dict):
        holder[random.choice((key.lower(), key + "x", "", "🎈"))] = holder.pop(key)
    else:
        holder[key] = random.choice(_JUNK)
    return replace(request, body=json.dumps(document).encode())


def _holders(value: Any) -> list[Any]:
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return (
        [] if inner is None else [value, *(holder for item in inner for holder in _holders(item))]
    )


def _twice(random: Random, request: WireRequest) -> WireRequest:
    """A key twice, with two values."""
    keys = re.findall(rb'"(\w+)":', request.body)
    if not keys or not request.body.startswith(b"{"):
        return _body(random, request)
    junk = json.dumps(random.choice(_JUNK)).encode()
    return replace(
        request, body=b'{"' + random.choice(keys) + b'": ' + junk + b", " + request.body[1:]
    )


def _body(random: Random, request: WireRequest) -> WireRequest:
    return replace(request, body=random.choice(_BODIES))


def _torn(random: Random, request: WireRequest) -> WireRequest:
    """A body that ends too early, or has a byte changed."""
    body = bytearray(request.body or b"{}")
    at = random.randrange(len(body))
    if random.random() < 0.5:
        return replace(request, body=bytes(body[:at]))
    body[at] = random.randrange(256)
    return replace(request, body=bytes(body))


def _segment(random: Random, request: WireRequest) -> WireRequest:
    path, mark, query = request.target.partition(b"?")
    segments = path.split(b"/")
    at = random.randrange(len(segments))
    if random.random() < 0.2:
        segments.insert(at, b"")
    else:
        segments[at] = random.choice(
            (*_SEGMENTS, quote(chr(random.randrange(0x80, 0xD7FF))).encode())
        )
    return replace(request, target=(b"/".join(segments) or b"/") + mark + query)


def _query(random: Random, request: WireRequest) -> WireRequest:
    joint = b"&" if b"?" in request.target else b"?"
    return replace(request, target=request.target + joint + random.choice(_QUERIES))


def _header(random: Random, request: WireRequest) -> WireRequest:
    name = random.choice(list(_HEADERS))
    return replace(request, headers={**request.headers, name: random.choice(_HEADERS[name])})


def _no_header(random: Random, request: WireRequest) -> WireRequest:
    gone = random.choice(list(request.headers))
    return replace(request, headers={n: v for n, v in request.headers.items() if n != gone})


def _method(random: Random, request: WireRequest) -> WireRequest:
    methods = (b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"HEAD", b"OPTIONS", b"BREW")
    return replace(request, method=random.choice(methods))


_WEIGHTED: Final[Mapping[Mutation, int]] = {
    _member: 12,
    _twice: 2,
    _body: 3,
    _torn: 2,
    _segment: 4,
    _query: 3,
    _header: 3,
    _no_header: 1,
    _method: 1,
}
_MUTATIONS: Final = tuple(_WEIGHTED)
_WEIGHTS: Final = tuple(_WEIGHTED.values())
