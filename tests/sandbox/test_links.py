"""Links and mounts: what a package or /tmp leads to is looked up inside, and nothing that is taken down follows it out."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from tests.sandbox.conformance import WAIT_FOR_END, read
from tests.sandbox.probe import TOOLS
from tests.sandbox.spawned import NEEDS_ROOT, WALLED, DirectBench, bench_of

AFTER_BIND: Final = "os.read(REQUESTS, 1)\n"
TREE: Final = """
for name in sorted(os.listdir('/var/task')):
    tried(name, lambda: open('/var/task/' + name).read())
for name in ('inside', 'hard'):
    tried('write ' + name, lambda: open('/var/task/' + name, 'a').close())
    tried('mode of ' + name, lambda: os.chmod('/var/task/' + name, 0o666))
    tried('second name of ' + name, lambda: os.link('/var/task/' + name, '/tmp/' + name))
    tried('name of ' + name, lambda: os.rename('/var/task/' + name, '/tmp/' + name))
    tried('end of ' + name, lambda: os.unlink('/var/task/' + name))
"""
MOUNTS: Final = """
for place in ('/tmp', '/var/task', '/proc', '/opt', '/var'):
    tried('away ' + place, lambda: os.rename(place, place + '2'))
    tried('instead of ' + place, lambda: os.rmdir(place))
    tried('link at ' + place, lambda: os.symlink('/tmp', place + '/../it'))
tried('exchange', lambda: call({'x86_64': 316, 'aarch64': 276}[os.uname().machine],
    -100, ctypes.c_char_p(b'/tmp'), -100, ctypes.c_char_p(b'/var/task'), 2))
"""


@pytest.fixture(params=WALLED)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of(request.param, tmp_path) as made:
        yield made


def package(bench: DirectBench) -> tuple[Path, Path]:
    """A tree with links that lead out of it, and the secret beside it that they lead to."""
    outside = bench.folder / "outside"
    outside.mkdir(mode=0o755)
    (outside / "secret").write_text("S3CRET")
    code = bench.folder / "code"
    code.mkdir(mode=0o777)
    links: dict[str, str | Path] = {
        "absolute": outside / "secret",
        "shadow": "/etc/shadow",
        "up": "../" * 12 + "etc/shadow",
        "beside": "../outside/secret",
        "through process 1": "/proc/1/root/etc/shadow",
        "through itself": "/proc/self/root/etc/shadow",
        "through cwd": f"/proc/self/cwd{outside}/secret",
        "to itself": "to itself",
    }
    for name, target in links.items():
        (code / name).symlink_to(target)
    (code / "inside").write_text("own")
    (code / "hard").write_text("own")
    for path in (code / "inside", code / "hard"):
        path.chmod(0o666)
    code.chmod(0o777)
    return code, outside


async def bound(bench: DirectBench, code: Path, source: str) -> dict[str, str]:
    """What `source` tells of the sandbox once `code` is bound."""
    sandbox = await bench.sandboxes.make(bench.plan(f"{TOOLS}{AFTER_BIND}{source}\ntell()"))
    await sandbox.bind(code)
    os.write(sandbox.requests, b"x")
    told: dict[str, str] = json.loads(await read(sandbox.output))
    await sandbox.kill()
    return told


async def test_links_of_a_package_lead_nowhere_out_of_the_sandbox(bench: DirectBench) -> None:
    code, outside = package(bench)
    told = await bound(bench, code, TREE)
    assert told.pop("inside") == told.pop("hard") == "GOT 'own'"
    assert set(told.values()) <= {"ENOENT", "EACCES", "ELOOP", "EROFS", "EXDEV", "EPERM"}
    assert (outside / "secret").read_text() == "S3CRET"
    assert (code / "inside").stat().st_mode & 0o777 == 0o666
    assert (code / "inside").read_text() == "own"


async def test_a_link_in_the_place_of_a_package_shows_no_more_than_it_leads_to(
    bench: DirectBench,
) -> None:
    code, _ = package(bench)
    link = bench.folder / "link"
    link.symlink_to(code)
    told = await bound(bench, link, "said['names'] = sorted(os.listdir('/var/task'))")
    assert "inside" in told["names"]
    assert "secret" not in told["names"]


async def test_places_cannot_be_moved_before_or_after_code_is_bound(bench: DirectBench) -> None:
    code, _ = package(bench)
    before = f"{MOUNTS}\nsaid = {{'before ' + name: how for name, how in said.items()}}\n"
    sandbox = await bench.sandboxes.make(
        bench.plan(f"{TOOLS}{before}os.write(OUTPUT, b'now')\n{AFTER_BIND}{MOUNTS}\ntell()")
    )
    assert await read(sandbox.output) == b"now"
    await sandbox.bind(code)
    os.write(sandbox.requests, b"x")
    told = json.loads(await read(sandbox.output))
    await sandbox.kill()
    assert len(told) == 32
    assert set(told.values()) <= {"EROFS", "EBUSY", "EXDEV", "ENOTEMPTY", "EINVAL"}


async def test_a_directory_entered_early_does_not_become_the_package(bench: DirectBench) -> None:
    """Held open and swapped against, all the time that the code is bound: it is bound where it belongs."""
    code, outside = package(bench)
    racing = (
        "import threading\nos.chdir('/var/task')\nheld = os.open('/var/task', os.O_RDONLY)\n"
        f"os.symlink({str(outside)!r}, '/tmp/there')\nover = False\n"
        "def race():\n"
        "    while not over:\n"
        "        for path in ('/var/task', '/var', '/tmp'):\n"
        "            try: os.rename('/tmp/there', path)\n"
        "            except OSError: continue\n"
        "threading.Thread(target=race).start()\n"
        "os.write(OUTPUT, b'racing')\nos.read(REQUESTS, 1)\nover = True\n"
        "said['held'] = os.listdir(held)\nsaid['names'] = sorted(os.listdir('/var/task'))\ntell()"
    )
    sandbox = await bench.sandboxes.make(bench.plan(TOOLS + racing))
    assert await read(sandbox.output) == b"racing"
    await sandbox.bind(code)
    os.write(sandbox.requests, b"x")
    told = json.loads(await read(sandbox.output))
    await sandbox.kill()
    assert told["held"] == ["lib"]  # what lies there before code is bound
    assert "inside" in told["names"]


async def test_what_takes_tmp_down_follows_no_link_and_no_race(bench: DirectBench) -> None:
    """Directories turn into links to the host's while it is killed and its files are removed: those are as they were."""
    _, outside = package(bench)
    racing = (
        f"out = {str(outside)!r}\n"
        "for n in range(50): os.makedirs(f'/tmp/d{n}/e'); os.symlink(out, f'/tmp/l{n}')\n"
        "os.symlink(out + '/secret', '/tmp/secret')\n"
        "for _ in range(4): os.fork()\n"
        "os.write(OUTPUT, b'r')\n"
        "while True:\n"
        "    for n in range(50):\n"
        "        try: os.rename(f'/tmp/d{n}', f'/tmp/x{n}'); os.rename(f'/tmp/l{n}', f'/tmp/d{n}')\n"
        "        except OSError: continue\n"
    )
    for _ in range(3):
        sandbox = await bench.sandboxes.make(bench.plan(racing, memory_mb=1024))
        assert await read(sandbox.output)
        await sandbox.kill()
    sandbox = await bench.sandboxes.make(bench.plan(f"print(os.listdir('/tmp'))\n{WAIT_FOR_END}"))
    os.write(sandbox.requests, b"x")
    assert await read(sandbox.output) == b"[]\n"
    await sandbox.kill()
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "S3CRET"


class TestWithoutItsGuard:
    """The same attempts get through where the guard is switched off."""

    pytestmark = NEEDS_ROOT

    async def test_a_package_is_written_to(self, tmp_path: Path) -> None:
        async with bench_of("direct", tmp_path, without=("read-only",)) as bare:
            code, _ = package(bare)
            told = await bound(bare, code, TREE)
        assert told["write inside"] == told["end of inside"] == "GOT None"
        assert not (code / "inside").exists()
