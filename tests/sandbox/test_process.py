"""The driver without walls: any user, any host."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.sandbox.port import RootPlan
from lambent.sandbox.spawner import kin
from tests.sandbox.conformance import WAIT_FOR_END, DriverSuite, read, read_to_end
from tests.sandbox.patience import TEST_SECONDS
from tests.sandbox.spawned import DirectBench, bench_of
from tests.sandbox.storage_conformance import StorageSuite
from tests.sandbox.succession import SuccessionSuite

pytestmark = pytest.mark.timeout(TEST_SECONDS)
FAMILY = """
import time
for generation in range(3):
    if os.fork():
        break
    os.setsid()
if generation == 0: print("all there", flush=True)
time.sleep(1000)
"""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of("process", tmp_path) as made:
        yield made


class TestProcess(DriverSuite, StorageSuite, SuccessionSuite):
    """It passes the suites but for what the table says."""


async def test_it_says_that_it_does_not_isolate_and_where_things_are(bench: DirectBench) -> None:
    sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
    places = sandbox.places
    assert set(places) > {"/tmp", "/opt", "/var/task", "127.0.0.1:9001", "http://127.0.0.1:4566"}
    assert Path(places["/tmp"]).is_dir()
    assert places["127.0.0.1:9001"] == f"127.0.0.1:{sandbox.runtime_api.getsockname()[1]}"
    await sandbox.kill()
    assert not Path(places["/tmp"]).exists()


async def test_grandchildren_end_with_it_though_its_first_process_was_killed(
    bench: DirectBench,
) -> None:
    sandbox = await bench.sandboxes.make(bench.plan(FAMILY))
    assert await read(sandbox.output) == b"all there\n"
    mark = f"/{sandbox.name}/".encode()
    runtime = min(kin.marked(mark))
    (first,) = (pid for pid in kin.descendants(_spawner(bench)) if runtime in kin.descendants(pid))
    os.kill(first, 9)
    assert await read_to_end(sandbox.output) == b""  # nobody holds it any more
    await sandbox.kill()
    assert kin.marked(mark) == set()


async def test_folders_that_it_closed_are_removed_all_the_same(bench: DirectBench) -> None:
    source = (
        "os.makedirs(os.environ['TMPDIR'] + '/a/b')\n"
        "os.chmod(os.environ['TMPDIR'] + '/a', 0)\n"
        "end(0)"
    )
    sandbox = await bench.sandboxes.make(bench.plan(source))
    folder = Path(sandbox.places["/tmp"]).parent
    await sandbox.ended
    await sandbox.kill()
    assert not folder.exists()


async def test_the_root_is_furnished_by_links(bench: DirectBench, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    runtime = bench.instance.runtime
    (runtime / "sdk").mkdir()
    (runtime / "boot.py").touch()
    (runtime / "modules").symlink_to("sdk/modules")
    plan = bench.plan(WAIT_FOR_END).root
    root = RootPlan(
        interpreter_dir=plan.interpreter_dir,
        runtime_dir=runtime,
        links={**plan.links, "/node_modules": "/var/runtime/modules"},
        libraries={"/var/runtime/sdk": library, "/usr/share/nothing": library},
    )
    sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END, root=root))
    below = Path(sandbox.places["/var/runtime"])
    (library / "modules").mkdir()
    assert (below / "boot.py").is_file()
    assert (below.parents[1] / "node_modules").samefile(library / "modules")
    await sandbox.kill()


def _spawner(bench: DirectBench) -> int:
    assert bench.instance.process is not None
    return bench.instance.process.pid
