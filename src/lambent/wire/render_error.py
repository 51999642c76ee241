"""Errors as each of AWS's protocols writes them. Free of botocore."""

from collections.abc import Mapping
from html import escape
from typing import Final

import msgspec

from lambent.model.errors import ServiceError
from lambent.wire.protocol import ProtocolName, WireResponse

_XML_CODES: Final[Mapping[str, str]] = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "NotImplementedException": "NotImplemented",
    "RequestEntityTooLargeException": "RequestEntityTooLarge",
    "SerializationException": "MalformedInput",
    "ServiceException": "InternalFailure",
    "UnknownOperationException": "InvalidAction",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ValidationException": "ValidationError",
}
"""The framework's errors have other names in the XML protocols."""
_NOT_IN_XML: Final = {
    code: "\ufffd" for code in (*range(0x20), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n\r"
}
_KEPT_STATUSES: Final = frozenset({413})
"""Client faults that the json protocol does not answer with 400: a proxy in between gives the same 413."""


def render_error(error: ServiceError, *, protocol: ProtocolName, request_id: str) -> WireResponse:
    """`error` as a client of `protocol` expects it. `error.headers` are sent along."""
    match protocol:
        case ProtocolName.REST_JSON:
            response = _rest_json(error)
        case ProtocolName.JSON:
            response = _json(error)
        case ProtocolName.QUERY:
            response = _query(error, request_id)
        case ProtocolName.REST_XML:
            response = _rest_xml(error, request_id)
        case ProtocolName.RPC_CBOR:
            response = _rpc_cbor(error)
    extra = [(b"x-amzn-RequestId", request_id.encode())]
    extra += [(name.encode(), value.encode()) for name, value in error.headers.items()]
    return WireResponse(
        status=response.status, headers=(*response.headers, *extra), body=response.body
    )


def _rest_json(error: ServiceError) -> WireResponse:
    body: dict[str, str] = dict(error.members)
    if error.fault is not None:
        body["Type"] = error.fault
    body[error.message_member] = error.message
    headers = (
        (b"Content-Type", b"application/json"),
        (b"x-amzn-ErrorType", error.code.encode()),
    )
    return WireResponse(status=error.status, headers=headers, body=msgspec.json.encode(body))


def _json(error: ServiceError) -> WireResponse:
    body = {"__type": error.code, **error.members, "message": error.message}
    headers = (
        (b"Content-Type", b"application/x-amz-json-1.1"),
        (b"x-amzn-ErrorType", error.code.encode()),
    )
    return WireResponse(status=_rpc_status(error), headers=headers, body=msgspec.json.encode(body))


def _rpc_status(error: ServiceError) -> int:
    """The RPC protocols answer every client fault 400."""
    if error.status >= 500 or error.status in _KEPT_STATUSES:
        return error.status
    return 400


def _query(error: ServiceError, request_id: str) -> WireResponse:
    code = _XML_CODES.get(error.code, error.code)
    fault = "Receiver" if error.status >= 500 else "Sender"
    body = (
        "<ErrorResponse><Error>"
        f"<Type>{fault}</Type><Code>{xml_text(code)}</Code><Message>{xml_text(error.message)}</Message>"
        f"</Error><RequestId>{xml_text(request_id)}</RequestId></ErrorResponse>"
    )
    # InvalidAction is a 400 here, unlike the 404 of an unknown REST path.
    status = 400 if code == "InvalidAction" else error.status
    return WireResponse(
        status=status, headers=((b"Content-Type", b"text/xml"),), body=body.encode()
    )


def _rest_xml(error: ServiceError, request_id: str) -> WireResponse:
    code = _XML_CODES.get(error.code, error.code)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{xml_text(code)}</Code><Message>{xml_text(error.message)}</Message>"
        f"<RequestId>{xml_text(request_id)}</RequestId></Error>"
    )
    headers = (
        (b"Content-Type", b"application/xml"),
        (b"x-amz-request-id", request_id.encode()),
    )
    return WireResponse(status=error.status, headers=headers, body=body.encode())


def _rpc_cbor(error: ServiceError) -> WireResponse:
    members = {"__type": error.code, **error.members, "message": error.message}
    pairs = [_cbor_text(text) for pair in members.items() for text in pair]
    body = _cbor_head(5, len(members)) + b"".join(pairs)
    headers = ((b"Content-Type", b"application/cbor"), (b"smithy-protocol", b"rpc-v2-cbor"))
    return WireResponse(status=_rpc_status(error), headers=headers, body=body)


def _cbor_text(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return _cbor_head(3, len(data)) + data


def _cbor_head(major: int, length: int) -> bytes:
    """The first bytes of a CBOR item of `major` type (RFC 8949, 3.1)."""
    if length < 24:
        return bytes([major << 5 | length])
    for info, size in ((24, 1), (25, 2), (26, 4)):
        if length < 1 << 8 * size:
            return bytes([major << 5 | info]) + length.to_bytes(size, "big")
    return bytes([major << 5 | 27]) + length.to_bytes(8, "big")


def xml_text(text: str) -> str:
    """`text` as the content of an element; what XML 1.0 cannot carry becomes U+FFFD."""
    return escape(text.translate(_NOT_IN_XML), quote=False).replace("\r", "&#13;")
