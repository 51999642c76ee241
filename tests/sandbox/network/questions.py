"""DNS messages by hand."""

import ipaddress
import struct


def question(
    name: str, *, number: int = 1, kind: int = 1, of_class: int = 1, flags: int = 0x0100
) -> bytes:
    """What a C library asks."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    head = struct.pack("!6H", number, flags, 1, 0, 0, 0)
    return head + labels + b"\0" + struct.pack("!2H", kind, of_class)


def answer_to(asked: bytes, *addresses: str) -> bytes:
    """What a name server says to it."""
    head = asked[:2] + struct.pack("!5H", 0x8180, 1, len(addresses), 0, 0)
    records = b"".join(
        struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + ipaddress.IPv4Address(address).packed
        for address in addresses
    )
    return head + asked[12:] + records
