"""What control and edge say to one another over RUN/feed.sock: length-prefixed MessagePack, with a cap."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from lambent.model.concurrency import ProvisionedStanding
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.model.traffic import Traffic

LARGEST_BYTES: Final = 16 * 1024 * 1024
LOAD_PIECE: Final = 64
"""Versions in one `Load`: with the largest of everything, in characters of four bytes each, about 15 MB."""

_LENGTH_BYTES: Final = 4

Message = TypeVar("Message")


class Load(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """A piece of everything there is; the edge holds it back until the `last`, and acknowledges that."""

    sequence: int
    versions: Sequence[FunctionVersion]
    traffic: Sequence[Traffic]
    last: bool


class Put(msgspec.Struct, frozen=True, kw_only=True, tag="put"):
    """This is what runs under its key from now on."""

    sequence: int
    version: FunctionVersion


class Remove(msgspec.Struct, frozen=True, kw_only=True, tag="remove"):
    """There is no such version any more; of $LATEST: no such function, none of its versions and aliases."""

    sequence: int
    key: FunctionKey


class Guide(msgspec.Struct, frozen=True, kw_only=True, tag="guide"):
    """This is what is to be known of a function as a whole from now on."""

    sequence: int
    traffic: Traffic


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, tag="ack"):
    """The edge has applied everything up to `sequence`."""

    sequence: int


class Standing(msgspec.Struct, frozen=True, kw_only=True, tag="standing"):
    """How far the edge is with a provisioned concurrency.

    What comes of a change that can be told at once is told before the change is acknowledged.
    """

    standing: ProvisionedStanding


FromControl = Load | Put | Remove | Guide
FromEdge = Acknowledged | Standing


class ProtocolError(Exception):
    """The other side said something that is none of the above."""


def framed(message: FromControl | FromEdge) -> bytes:
    """The bytes of a message."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


async def received(
    reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[Message]
) -> Message:
    """The next message. Raises ProtocolError, IncompleteReadError at the end of the stream, OSError."""
    length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
    if length > LARGEST_BYTES:
        raise ProtocolError(f"a message of {length} bytes")
    try:
        return decoder.decode(await reader.readexactly(length))
    except msgspec.MsgspecError as error:
        raise ProtocolError(str(error)) from error
