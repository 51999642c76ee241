"""The client's half of the wire, by botocore itself, and values of any shape for it to carry."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from botocore import parsers, serialize
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from hypothesis import strategies as st

from lambent.wire.protocol import WireRequest, WireResponse

LOADER: Final = Loader()


def service_model(name: str) -> ServiceModel:
    return ServiceModel(LOADER.load_service_model(name, "service-2"), service_name=name)


def operation_names(name: str) -> list[str]:
    return list(service_model(name).operation_names)


def request_of(
    operation: OperationModel,
    members: Mapping[str, Any],
    *,
    protocol: str,
    is_checked: bool = True,
) -> WireRequest:
    """What boto3 sends for `members`, without its signature; unless `is_checked`, also what it would refuse by itself."""
    serializer = serialize.create_serializer(protocol, include_validation=is_checked)
    request = serializer.serialize_to_request(dict(members), operation)
    prepare_request_dict(request, endpoint_url="http://127.0.0.1:4566", context={})
    prepared = create_request_object(request).prepare()
    target = prepared.url.removeprefix("http://127.0.0.1:4566").encode()
    body = prepared.body or b""
    return WireRequest(
        method=prepared.method.encode(),
        target=target or b"/",
        headers={_latin(k).lower(): _latin(v) for k, v in prepared.headers.items()},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def read_by_botocore(
    operation: OperationModel, response: WireResponse, *, protocol: str
) -> dict[str, Any]:
    """What boto3 makes of an answer, with its ResponseMetadata."""
    headers = HeadersDict({k.decode("latin-1"): v.decode("latin-1") for k, v in response.headers})
    parsed: dict[str, Any] = parsers.create_parser(protocol).parse(
        {"status_code": response.status, "headers": headers, "body": response.body, "context": {}},
        operation.output_shape,
    )
    return parsed


def members_of(
    shape: Shape, *, texts: st.SearchStrategy[str], fullness: int = 0
) -> st.SearchStrategy[Any]:
    """Any value of `shape` that botocore lets pass; structures hold at least `fullness` members."""
    low: int = shape.metadata.get("min", 0)
    match shape.type_name:
        case "structure":
            return _structures(shape, texts=texts, fullness=fullness)
        case "list":
            inner = members_of(shape.member, texts=texts, fullness=fullness)
            return st.lists(inner, min_size=low, max_size=low + 2)
        case "map":
            keys = members_of(shape.key, texts=texts).filter(bool)
            inner = members_of(shape.value, texts=texts, fullness=fullness)
            return st.dictionaries(keys, inner, min_size=max(low, fullness), max_size=low + 2)
        case "string":
            return texts.map(lambda text: text.ljust(low, "x"))
        case _:
            return _scalars(shape.type_name, low)


def _structures(
    shape: Shape, *, texts: st.SearchStrategy[str], fullness: int
) -> st.SearchStrategy[Any]:
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, member in shape.members.items():
        if member.serialization.get("eventstream"):
            continue
        holder = required if name in shape.required_members else optional
        holder[name] = _member(member, texts=texts, fullness=fullness)
    if shape.metadata.get("union"):
        return st.sampled_from(sorted(optional)).flatmap(
            lambda name: st.fixed_dictionaries({name: optional[name]})
        )
    both = st.fixed_dictionaries(required, optional=optional)
    return both.filter(lambda members: len(members) >= min(fullness, len(shape.members)))


def _member(
    member: Shape, *, texts: st.SearchStrategy[str], fullness: int
) -> st.SearchStrategy[Any]:
    location = member.serialization.get("location")
    if location == "statusCode":
        return st.sampled_from([200, 202])
    if location == "header":
        return st.text("abc:=/+ é\xff", min_size=1).map(lambda text: f"h{text}t")
    if location == "uri" and member.type_name == "string":
        return texts.map(lambda text: text.ljust(member.metadata.get("min", 1), "x") or "x")
    if member.name == "Blob" and not location:  # a payload, which the raw parser takes for UTF-8
        return texts.map(lambda text: f"{text}.".encode())
    return members_of(member, texts=texts, fullness=fullness)


def _scalars(kind: str, low: float) -> st.SearchStrategy[Any]:
    match kind:
        case "integer":
            return st.integers(int(low), 2**31 - 1)
        case "long":
            return st.integers(int(low), 2**63 - 1)
        case "float" | "double":
            return st.floats(low, 1e6, allow_nan=False)
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(min_size=1, max_size=20)
        case "timestamp":
            seconds = st.integers(0, 4_000_000_000)
            return seconds.map(lambda second: datetime.fromtimestamp(second, tz=UTC))
        case _:
            raise ValueError(kind)


def _latin(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
