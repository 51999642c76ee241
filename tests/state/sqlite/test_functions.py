"""Functions in SQLite obey the contract, and keep their word through kill -9."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest

import lambent
from lambent.model.errors import ServiceFailure
from lambent.model.settings import (
    FileSystem,
    LogFormat,
    LogLevels,
    SnapStart,
    TracingMode,
    VpcSettings,
)
from lambent.state.functions import StoredFunction
from lambent.state.sqlite.database import SchemaTooNew, open_writer
from lambent.state.sqlite.functions import SqliteFunctions
from lambent.state.sqlite.migrations import migrations
from lambent.state.sqlite.state_database import StateDatabase
from tests.fakes.versions import key, version
from tests.state.functions_conformance import FunctionsConformance

ROOT = Path(lambent.__file__).parents[2]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteFunctions]:
    async with StateDatabase(path=path) as database:
        yield SqliteFunctions(database=database)


class TestSqliteFunctions(FunctionsConformance):
    @pytest.fixture
    async def functions(self, tmp_path: Path) -> AsyncIterator[SqliteFunctions]:
        async with opened(tmp_path / "state.db") as functions:
            yield functions


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "state.db") as functions:
        await functions.create(version())
    async with opened(tmp_path / "state.db") as functions:
        assert await functions.get(key()) == StoredFunction(configured=version(), active=None)


async def test_every_setting_is_there_after_opening_again(tmp_path: Path) -> None:
    whole = version(
        log_format=LogFormat.JSON,
        log_levels=LogLevels(application="DEBUG", system="WARN"),
        tracing=TracingMode.ACTIVE,
        snap_start=SnapStart.PUBLISHED_VERSIONS,
        vpc=VpcSettings(subnet_ids=("subnet-1",), security_group_ids=("sg-1",), ipv6_allowed=True),
        file_systems=(FileSystem(arn="arn", mount_path="/mnt/x", direct_s3_read="AUTO"),),
        dead_letter_arn="arn:aws:sqs:us-east-1:123456789012:dead",
        kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/k",
        source_kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/s",
    )
    async with opened(tmp_path / "state.db") as functions:
        await functions.create(whole)
    async with opened(tmp_path / "state.db") as functions:
        assert await functions.get(key()) == StoredFunction(configured=whole, active=None)


async def test_functions_of_the_first_schema_are_read(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    expected = version(revision_id="active")
    old = msgspec.json.decode(msgspec.json.encode(expected))
    old["key"] = expected.key._asdict()
    for later in ("log_format", "log_levels", "tracing", "snap_start", "vpc", "file_systems"):
        del old[later]
    for later in ("dead_letter_arn", "kms_key_arn", "source_kms_key_arn", "layers"):
        del old[later]
    with closing(open_writer(path, migrations("state")[:1])) as connection:
        text = json.dumps(old)
        connection.execute(
            "INSERT INTO function VALUES (?, ?, ?, 'active', ?, 'p', ?, 'p')",
            (*expected.key[:3], text, text),
        )
    async with opened(path) as functions:
        stored = StoredFunction(configured=expected, active=expected)
        assert await functions.everything() == [stored]
        assert await functions.get(expected.key) == stored


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path / "state.db"):
        pass
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaTooNew, match="schema 99"):
        await StateDatabase(path=tmp_path / "state.db").__aenter__()


async def test_closing_leaves_no_thread_and_no_descriptor(tmp_path: Path) -> None:
    def ours() -> tuple[list[str], int]:
        named = [t.name for t in threading.enumerate() if t.name.startswith("state")]
        return named, len(os.listdir("/proc/self/fd"))  # noqa: PTH208 descriptors, not files

    before = ours()
    async with opened(tmp_path / "state.db") as functions:
        await functions.create(version())
        await functions.get(key())
        assert len(ours()[0]) == 2
    assert ours() == before


async def test_every_acknowledged_write_survives_kill_minus_nine(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    chance = random.Random(7)
    there: set[str] = set()
    touched: set[str] = set()
    for round_number in range(4):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.state.sqlite.crash_child", str(path), f"k{round_number}"],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/src"},  # noqa: TID251 the child needs ours
            text=True,
        )
        assert child.stdout is not None
        with child.stdout as acknowledged:
            lines = [acknowledged.readline() for _ in range(chance.randrange(1, 60))]
            child.kill()
            lines += acknowledged.readlines()  # what it had still said before it died
        child.wait()
        for line in lines:
            word, name = line.split()
            touched.add(name)
            if word == "deleted":
                there.discard(name)
            elif word == "created":
                there.add(name)
        async with opened(path) as functions:
            found = {f.configured.key.name for f in await functions.everything()}
        # A delete may have reached the disk without having been acknowledged: only every third function has one.
        missing = {name for name in there - found if int(name.rpartition("-")[2]) % 3 != 2}
        assert not missing
        assert not {name for name in found if name in touched - there}
        there &= found
    assert there


@pytest.mark.root
async def test_a_full_disk_is_a_service_failure_and_never_a_false_success(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "lambent-test", str(small)], check=True
    )
    try:
        async with opened(small / "state.db") as functions:
            stored = 0
            with pytest.raises(ServiceFailure, match="no room left on the disk"):
                while True:
                    await functions.create(version(f"f{stored}", description="x" * 10_000))
                    stored += 1
            assert len(await functions.everything()) == stored
            subprocess.run(["mount", "-o", "remount,size=4m", str(small)], check=True)
            await functions.create(version("with room again"))
            assert len(await functions.everything()) == stored + 1
    finally:
        subprocess.run(["umount", str(small)], check=True)
