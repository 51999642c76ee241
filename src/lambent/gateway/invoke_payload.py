"""What an Invoke request carries: its event and its client context, checked without being turned into objects."""

import base64
import binascii
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from lambent.model.errors import InvalidRequestContent
from lambent.model.limits import MAX_CLIENT_CONTEXT_CHARACTERS

_check: Final = msgspec.json.Decoder(msgspec.Raw).decode
_check_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_AT: Final = re.compile(r"\(byte (\d+)\)")
_TOKEN: Final = re.compile(r"[\w$]+")
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_EXPECTING: Final[Mapping[str, str]] = MappingProxyType(
    {  # what msgspec says -> what AWS's parser (Jackson) says
        "expected ':'": "was expecting a colon to separate field name and value",
        "expected ',' or '}'": "was expecting comma to separate Object entries",
        "expected ',' or ']'": "was expecting comma to separate Array entries",
        "object keys must be strings": "was expecting double-quote to start field name",
        "expected '\"'": "was expecting double-quote to start field name",
    }
)
_VALUE: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_BAD_CONTEXT: Final = "Client context must be a valid Base64-encoded JSON object."


def checked_payload(body: bytes) -> bytes:
    """The event: `body`, or an empty object where there was none. Raises InvalidRequestContent unless it is JSON."""
    if not body:
        return b"{}"
    try:
        if not body.isascii():
            body.decode()  # the JSON parser below lets some invalid UTF-8 pass
        _check(body)
    except UnicodeDecodeError as error:
        byte = body[error.start]
        raise _not_json(f"Invalid UTF-8 start byte 0x{byte:x}", body, error.start + 1) from error
    except msgspec.DecodeError as error:
        if not _is_json_with_lone_surrogates(body):
            raise _explained(str(error), body) from error
    except RecursionError as error:
        text = (
            "Document nesting depth (1001) exceeds the maximum allowed "
            "(1000, from `StreamReadConstraints.getMaxNestingDepth()`)"
        )
        raise _not_json(text, body, len(body)) from error
    return body


def decoded_client_context(header: bytes) -> str:
    """The JSON text inside the header. Raises InvalidRequestContent."""
    if len(header) > MAX_CLIENT_CONTEXT_CHARACTERS:
        raise InvalidRequestContent(
            f"Client context must be at most {MAX_CLIENT_CONTEXT_CHARACTERS} bytes long."
        )
    try:
        text = base64.b64decode(header, validate=True)
        _check_object(text)
        return text.decode()
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequestContent(_BAD_CONTEXT) from error


def _is_json_with_lone_surrogates(body: bytes) -> bool:
    """Whether half of a surrogate pair, which our parser refuses and AWS's does not, is all that is wrong."""
    if b"\\u" not in body:
        return False
    try:
        _check(_SURROGATE.sub(rb"\\u0020", body))
    except msgspec.DecodeError:
        return False
    return True


def _explained(reason: str, body: bytes) -> InvalidRequestContent:
    """`reason` in the words of AWS's parser."""
    found = _AT.search(reason)
    # What trails it has read already.
    at = len(body) if found is None else int(found[1]) - ("trailing characters" in reason)
    if at >= len(body):
        return _not_json("Unexpected end-of-input", body, len(body))
    if body[at - 1 : at] == b"0" and body[at : at + 1].isdigit():
        return _not_json("Invalid numeric value: Leading zeroes not allowed", body, at)
    while at and body[at - 1 : at].isalpha():  # back to where the token begins
        at -= 1
    text = body[at : at + 1024].decode("utf-8", "replace")
    expecting = next((words for said, words in _EXPECTING.items() if said in reason), "")
    token = _TOKEN.match(text)
    if not expecting and token is not None and not text[0].isdigit():
        said = f"Unrecognized token '{token[0][:256]}': was expecting {_VALUE}"
        return _not_json(said, body, at + len(token[0].encode()))
    expecting = expecting or f"expected a valid value {_VALUE}"
    said = f"Unexpected character ('{text[0]}' (code {ord(text[0])})): {expecting}"
    return _not_json(said, body, at + 1)


def _not_json(said: str, body: bytes, read: int) -> InvalidRequestContent:
    line = body.count(b"\n", 0, read) + 1
    column = read - (body.rfind(b"\n", 0, read) + 1) + 1
    return InvalidRequestContent(
        f"Could not parse request body into json: Could not parse payload into json: {said}\n at [Source: REDACTED "
        f"(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
    )
