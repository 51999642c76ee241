"""A small call alone, and beside clients without manners."""

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from benchmarks.ill_mannered import BULKY, IDLE, SLOW
from benchmarks.load import run_load
from benchmarks.measure import LARGEST, PAYLOAD
from benchmarks.target import ECHO, ROOT, NotReady, Target

_TALKER: Final = {"app.py": b"def handler(event, context):\n    return 'x' * event\n"}
_EVENTS: Final = {
    BULKY: b'"' + b"x" * (LARGEST - 2) + b'"',
    IDLE: PAYLOAD,
    SLOW: b"%d" % (LARGEST - 2),
}
_WORDS: Final = {
    BULKY: "four clients with 6 MB each way",
    IDLE: "1,000 idle connections",
    SLOW: "50 slow readers of 6 MB, 50 slow writers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Small calls of one client, one after another, and what others did meanwhile."""

    company: str
    """Empty: nobody."""
    calls: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    refused: int
    they_did: Mapping[str, int]
    """From their beginning to their end; `lost` are connections that were closed on them."""


class Company:
    """One target and how long each row takes."""

    def __init__(self, target: Target, *, runtime: str, memory_mb: int, seconds: float) -> None:
        self._target, self._runtime, self._memory_mb = target, runtime, memory_mb
        self._seconds = seconds

    async def rows(self) -> list[Beside]:
        """The same small call alone, then beside each kind."""
        with self._function(ECHO) as small:
            await self._measure(small, "")  # the first calls of a connection are nobody's
            rows = [await self._measure(small, "")]
            for kind, files in ((BULKY, ECHO), (IDLE, ECHO), (SLOW, _TALKER)):
                with self._function(files) as theirs:
                    rows.append(await self._beside(small, theirs, kind))
        return rows

    async def _beside(self, small: str, theirs: str, kind: str) -> Beside:
        request = self._target.invocation(theirs, _EVENTS[kind])
        with _crowd(kind, self._target) as process:
            process.stdin.write(b"%d\n" % len(request) + request)
            process.stdin.flush()
            if (await asyncio.to_thread(process.stdout.readline)).strip() != b"ready":
                raise NotReady(f"the clients of {_WORDS[kind]} did not come to it")
            row = await self._measure(small, _WORDS[kind])
            done = json.loads((await asyncio.to_thread(process.communicate, timeout=60))[0])
        return replace(row, they_did=done)

    async def _measure(self, small: str, company: str) -> Beside:
        sample = await run_load(
            self._target.host,
            self._target.port,
            self._target.invocation(small, PAYLOAD),
            connections=1,
            seconds=self._seconds,
        )
        return Beside(
            company=company,
            calls=sample.answered,
            p50_ms=sample.quantile_us(0.5) / 1e3,
            p99_ms=sample.quantile_us(0.99) / 1e3,
            worst_ms=sample.quantile_us(1) / 1e3,
            refused=sample.refused,
            they_did={},
        )

    @contextmanager
    def _function(self, files: Mapping[str, bytes]) -> Iterator[str]:
        name = f"bench-{uuid.uuid4().hex[:12]}"
        self._target.create(name, self._runtime, memory_mb=self._memory_mb, files=files)
        try:
            yield name
        finally:
            self._target.delete(name)


@contextmanager
def _crowd(kind: str, target: Target) -> Iterator[Any]:
    """A process of such clients, with pipes to it; ended with the body."""
    command = [sys.executable, "-m", "benchmarks.ill_mannered", kind, target.host, str(target.port)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        try:
            yield process
        finally:
            process.kill()
