"""What every driver that bounds storage is held to, beside `conformance.py`."""

import errno
import os
from typing import Final

from tests.sandbox.conformance import Bench, ending, needs, read_to_end, run

FILL: Final = """
size = os.statvfs("/tmp").f_bavail * 4096
f = os.open("/tmp/f", os.O_RDWR | os.O_CREAT)
os.posix_fallocate(f, 0, size - (1 << 16))
os.lseek(f, 0, 2)
try:
    while os.write(f, bytes(4096)): pass
except OSError as error: number = error.errno
print(number, size, os.fstat(f).st_size, os.statvfs("/tmp").f_favail, flush=True)
end(0)
"""
"""Fills /tmp: tells the error that it meets, the bytes that were free, those that it could write, and how many files may be."""


class StorageSuite:
    """Inherit beside `DriverSuite`."""

    async def test_storage_is_exactly_what_was_planned(self, bench: Bench) -> None:
        needs(bench, "storage")
        said, how = await run(bench, FILL)
        assert how.exit_status == 0, said.decode()
        _exactly(512, said)

    async def test_storage_can_have_another_size_and_is_empty_then(self, bench: Bench) -> None:
        needs(bench, "storage")
        sandbox = await bench.sandboxes.make(bench.plan(f"os.read(REQUESTS, 1)\n{FILL}"))
        await sandbox.store(ephemeral_storage_mb=10_240)
        await sandbox.store(ephemeral_storage_mb=700)
        os.write(sandbox.requests, b"x")
        said = await read_to_end(sandbox.output)
        await sandbox.kill()
        _exactly(700, said)

    async def test_storage_is_not_charged_to_memory(self, bench: Bench) -> None:
        needs(bench, "storage on disk")
        source = (
            "f = os.open('/tmp/f', os.O_RDWR | os.O_CREAT)\n"
            "for _ in range(180): os.write(f, bytes(1 << 20))\n"
            "end(0)"
        )
        sandbox = await bench.sandboxes.make(bench.plan(source, memory_mb=128))
        how = await ending(sandbox)
        await sandbox.kill()
        assert (how.exit_status, how.out_of_memory) == (0, False)


def _exactly(size_mb: int, said: bytes) -> None:
    number, free, written, files = map(int, said.split())
    assert number == errno.ENOSPC
    assert free == size_mb << 20
    assert free - 8192 <= written <= free  # a block or two say where the file's blocks are
    assert 64 * size_mb <= files <= 65 * size_mb
