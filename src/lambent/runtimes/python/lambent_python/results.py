"""A handler's result as JSON, with the answers of simplejson, which AWS's runtime uses.

Beyond the stdlib's encoder that is: named tuples and whatever has `_asdict` are objects, bytes are text, a Decimal is a
number. The stdlib's C encoder does nearly all of the work; what it can't do is done by `_pieces`.
"""

from __future__ import annotations

import json
import sys
from json.encoder import encode_basestring, encode_basestring_ascii

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator

_NUMBERS_OR_TEXT = frozenset([str, int, float, bool, type(None)])


class NotPlain(Exception):
    """The C encoder met something that only `_pieces` can write."""


class Encoder:
    """Makes JSON; text stays as it is from Python 3.12 on and is escaped to ASCII before, as on AWS."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._encoder = json.JSONEncoder(ensure_ascii=ascii_only, default=_refuse)
        self._quoted: Callable[[str], str] = (
            encode_basestring_ascii if ascii_only else encode_basestring
        )
        self._fast = self._made()

    def encode(self, value: Any) -> bytes:
        """`value` as JSON in UTF-8. Raises what simplejson would: TypeError, ValueError, RecursionError."""
        if _has_named_tuple(value):
            return self._slow(value)
        try:
            return "".join(self._fast(value, False)).encode()
        except (NotPlain, TypeError):
            self._fast = self._made()
            return self._slow(value)
        except Exception:
            self._fast = self._made()
            raise

    def _made(self) -> Callable[[Any, bool], Iterable[str]]:
        # What JSONEncoder.encode makes anew for each value, at a third of the cost of encoding a small one. It keeps a
        # note of the containers that it is in, which an error leaves behind: then it is not used again.
        make = getattr(json.encoder, "c_make_encoder", None)
        if make is None:
            return self._encoder.iterencode
        made: Callable[[Any, bool], Iterable[str]] = make(
            {}, _refuse, self._quoted, None, ": ", ", ", False, False, True
        )
        return made

    def _slow(self, value: Any) -> bytes:
        return "".join(self._pieces(value, {})).encode()

    def _pieces(self, value: Any, around: dict[int, Any]) -> Iterator[str]:
        text = self._scalar(value)
        if text is not None:
            yield text
            return
        if id(value) in around:
            raise ValueError("Circular reference detected")
        around[id(value)] = value
        as_dict = getattr(value, "_asdict", None)
        if isinstance(value, list):
            yield from self._array(value, around)
        elif callable(as_dict):
            yield from self._object(as_dict(), around)
        elif isinstance(value, tuple):
            yield from self._array(value, around)
        elif isinstance(value, dict):
            yield from self._object(value, around)
        else:
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        del around[id(value)]

    def _array(self, values: Any, around: dict[int, Any]) -> Iterator[str]:
        separator = "["
        for value in values:
            yield separator
            yield from self._pieces(value, around)
            separator = ", "
        yield "]" if separator == ", " else "[]"

    def _object(self, members: dict[Any, Any], around: dict[int, Any]) -> Iterator[str]:
        separator = "{"
        for key, value in members.items():
            yield f"{separator}{self._key(key)}: "
            yield from self._pieces(value, around)
            separator = ", "
        yield "}" if separator == ", " else "{}"

    def _key(self, key: Any) -> str:
        if isinstance(key, bytes):
            key = str(key, "utf-8")
        if isinstance(key, str):
            return self._quoted(key)
        if isinstance(key, (int, float)) or key is None:
            return f'"{self._scalar(key)}"'
        name = type(key).__name__
        raise TypeError(f"keys must be str, int, float, bool or None, not {name}")

    def _scalar(self, value: Any) -> str | None:
        if isinstance(value, str):
            return self._quoted(value)
        if isinstance(value, bytes):
            return self._quoted(str(value, "utf-8"))
        if value is None or isinstance(value, (int, float)):
            return json.dumps(value)
        if _is_decimal(value):
            return "NaN" if value.is_nan() else str(value)
        return None


def _refuse(value: Any) -> Any:
    if isinstance(value, bytes) or _is_decimal(value) or callable(getattr(value, "_asdict", None)):
        raise NotPlain
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _is_decimal(value: Any) -> bool:
    # Whoever holds a Decimal has imported its module: the runtime need not.
    decimal = sys.modules.get("decimal")
    return decimal is not None and isinstance(value, decimal.Decimal)


def _has_named_tuple(value: Any) -> bool:
    # The C encoder writes a named tuple as an array and asks nobody. A value too deep or circular is left to it.
    kind = type(value)
    if kind in _NUMBERS_OR_TEXT:
        return False
    try:
        return _named_tuple_within(value)
    except RecursionError:
        return False


def _named_tuple_within(value: Any) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        return True
    elif not isinstance(value, (list, tuple)):
        return False
    return any(type(item) not in _NUMBERS_OR_TEXT and _named_tuple_within(item) for item in value)
