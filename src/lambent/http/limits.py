"""What one HTTP server allows its clients."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Sizes and patience; a client past one of them is answered 408, 413 or 431, or simply closed."""

    head_bytes: int = 65_536
    """Request line and headers together."""
    headers: int = 100
    head_seconds: float = 15.0
    """From a head's first byte to its last, however slowly it trickles."""
    body_stall_seconds: float = 30.0
    """Between two pieces of a body; time during which we do not read does not count."""
    body_grace_seconds: float = 30.0
    """After it a body must have kept up `body_bytes_per_second` on average."""
    body_bytes_per_second: int = 8_192
    idle_seconds: float = 120.0
    """Of a kept-alive connection without a request."""
    answer_stall_seconds: float = 60.0
    """Without the client reading any of an answer that waits for it."""
    linger_seconds: float = 30.0
    """For which the rest of a refused request is read and thrown away, so that the client sees the answer."""
    linger_bytes: int = 268_435_456
    pipelined_bytes: int = 65_536
    """Read ahead of an outstanding answer before the connection is left alone."""
    small_body_bytes: int = 65_536
    """Bodies up to here are never made to wait for the budget."""
    bytes_in_flight: int = 536_870_912
    """Of bodies over all connections; larger bodies past it wait unread for others to end."""
    connections: int = 8_192
    write_buffer_bytes: int = 262_144
    """Of an answer, unread by its client, before `write` asks to wait."""
