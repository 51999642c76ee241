"""The X-Amzn-Trace-Id of a request: taken over as far as it is well formed, else made."""

import re
from typing import Final

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids

_ROOT: Final = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)", re.ASCII)
_PARENT: Final = re.compile(r"(?:^|;)Parent=([0-9a-f]{16})(?:;|$)", re.ASCII)
_SAMPLED: Final = re.compile(r"(?:^|;)Sampled=([01])(?:;|$)", re.ASCII)
_LINEAGE: Final = re.compile(r"(?:^|;)Lineage=([0-9a-zA-Z:|]{1,256})(?:;|$)", re.ASCII)
_LONGEST: Final = 1_024


class TraceHeaders:
    """Makes the tracing header of each invocation."""

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids

    def of(self, header: bytes) -> str:
        """The header for a request that brought `header`, which may be empty."""
        if not header or len(header) > _LONGEST:
            return self._made()
        text = header.decode("latin-1").replace(" ", "")
        root = _ROOT.search(text)
        if root is None:
            return self._made()
        parent, sampled, lineage = (
            _PARENT.search(text),
            _SAMPLED.search(text),
            _LINEAGE.search(text),
        )
        made = f"Root={root[1]};Parent={parent[1] if parent else self._ids.hex(16)}"
        made = f"{made};Sampled={sampled[1] if sampled else '0'}"
        return f"{made};Lineage={lineage[1]}" if lineage else made

    def _made(self) -> str:
        digits = self._ids.hex(48)
        seconds = self._clock.epoch_ms() // 1000
        return (
            f"Root=1-{seconds:08x}-{digits[:24]};Parent={digits[24:40]};"
            f"Sampled=0;Lineage=1:{digits[40:]}:0"
        )
