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
_CONTROL: Final = frozenset({*range(0x20), *range(0x7F, 0xA0)})
"""What Java calls ISO control characters."""
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
        _check(body)
    except msgspec.DecodeError as error:
        if not _is_json_with_lone_surrogates(body):
            raise _explained(str(error), body) from error
    except RecursionError as error:
        text = (
            "Document nesting depth (1001) exceeds the maximum allowed "
            "(1000, from `StreamReadConstraints.getMaxNestingDepth()`)"
        )
        raise _not_json(text, body, len(body)) from error
    broken = None if body.isascii() else _bad_utf8(body)  # the parser lets some of it pass in texts
    if broken is not None:
        raise _not_utf8(broken, body)
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
    """`reason` in the words of AWS's parser, which meets what is wrong byte by byte."""
    found = _AT.search(reason)
    # What trails it has read already.
    at = len(body) if found is None else int(found[1]) - ("trailing characters" in reason)
    early = _bad_utf8(body[:at])
    if early is not None:  # in a text before
        return _not_utf8(early, body)
    if at >= len(body):
        return _not_json("Unexpected end-of-input", body, len(body))
    if body[at - 1 : at] == b"0" and body[at : at + 1].isdigit():
        return _not_json("Invalid numeric value: Leading zeroes not allowed", body, at)
    expecting = next((words for said, words in _EXPECTING.items() if said in reason), "")
    if body[at] < ord(" "):
        return _control(body, at)
    if expecting:
        return _unexpected(body, at, expecting)
    while at and body[at - 1 : at].isalpha():  # back to where the token begins
        at -= 1
    return _no_value(body, at)


def _no_value(body: bytes, at: int) -> InvalidRequestContent:
    """Where a value is expected, AWS's parser takes the first byte for a character by itself."""
    text = chr(body[at]) + body[at + 1 : at + 1024].decode("utf-8", "replace")
    token = _TOKEN.match(text)
    if token is None or text[0].isdigit():
        return _unexpected(body, at, f"expected a valid value {_VALUE}")
    end = at + 1 + len(token[0][1:].encode())
    broken = _bad_utf8(body[end:])
    if broken is not None and broken.start == 0:
        return _not_utf8(broken, body, before=end)
    said = f"Unrecognized token '{token[0][:256]}': was expecting {_VALUE}"
    return _not_json(said, body, end)


def _unexpected(body: bytes, at: int, expecting: str) -> InvalidRequestContent:
    """Recorded: the column is that of the character, not of what follows it."""
    return _not_json(f"Unexpected character ({_described(body[at])}): {expecting}", body, at)


def _control(body: bytes, at: int) -> InvalidRequestContent:
    """A control character: in a text if a letter could stand there, else between tokens."""
    try:
        _check(body[:at] + b"x" + body[at + 1 :])
        in_text = True
    except msgspec.DecodeError as error:
        in_text = f"(byte {at})" not in str(error) and "trailing" not in str(error)
    said = f"Illegal unquoted character ({_described(body[at])}): has to be escaped using backslash to be included in string value"
    if not in_text:
        said = f"Illegal character ({_described(body[at])}): only regular white space (\\r, \\n, \\t) is allowed between tokens"
    return _not_json(said, body, at)


def _described(byte: int) -> str:
    if byte in _CONTROL:
        return f"(CTRL-CHAR, code {byte})"
    return f"'{chr(byte)}' (code {byte})"


def _bad_utf8(body: bytes) -> UnicodeDecodeError | None:
    """What is wrong with `body` first, if anything."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error
    return None


def _not_utf8(error: UnicodeDecodeError, body: bytes, *, before: int = 0) -> InvalidRequestContent:
    """`before`: so many bytes of `body` were not looked at."""
    start, end = before + error.start, before + error.end
    if error.reason == "invalid start byte":
        return _not_json(f"Invalid UTF-8 start byte 0x{body[start]:x}", body, start + 1)
    if end >= len(body):
        return _not_json("Unexpected end-of-input", body, len(body))
    return _not_json(f"Invalid UTF-8 middle byte 0x{body[end]:x}", body, end + 1)


def _not_json(said: str, body: bytes, read: int) -> InvalidRequestContent:
    line = body.count(b"\n", 0, read) + 1
    column = read - (body.rfind(b"\n", 0, read) + 1) + 1
    return InvalidRequestContent(
        f"Could not parse request body into json: Could not parse payload into json: {said}\n at [Source: REDACTED "
        f"(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
    )
