"""What hostile Python sees in a direct sandbox: nothing of the host, of its neighbour or of who made it."""

import json
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from lambent.sandbox.port import RootPlan
from tests.sandbox.conformance import WAIT_FOR_END, read
from tests.sandbox.probe import TOOLS, tell
from tests.sandbox.spawned import WALLED, DirectBench, bench_of

ABSENT: Final = (
    *("/root", "/home", "/run", "/sys", "/work", "/mnt", "/srv", "/boot", "/lost+found", "/media"),
    *(
        "/etc/shadow",
        "/etc/machine-id",
        "/etc/ssh",
        "/etc/fstab",
        "/etc/sudoers",
        "/etc/ssl/private",
    ),
    *("/dev/shm", "/dev/ptmx", "/dev/pts", "/dev/tty", "/dev/mem", "/dev/kmsg", "/dev/fuse"),
    *("/dev/loop-control", "/dev/loop0", "/dev/vda", "/dev/net/tun", "/dev/kvm"),
)
UNWRITABLE: Final = (
    *("/", "/usr", "/usr/bin", "/usr/local", "/etc", "/opt", "/dev", "/var", "/var/task"),
    *("/var/runtime", "/var/lang", "/var/lang/bin", "/var/tmp"),
)


@pytest.fixture(params=WALLED)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of(request.param, tmp_path) as made:
        yield made


async def test_the_root_holds_only_what_a_runtime_needs(bench: DirectBench) -> None:
    source = (
        "for path in ('/', '/dev', '/etc', '/var', '/usr/local', '/usr/src', '/opt', '/tmp', '/var/task'):\n"
        "    said[path] = sorted(os.listdir(path))\n"
        f"for path in {ABSENT!r}: tried('absent ' + path, lambda: os.stat(path))"
    )
    told = await tell(bench, source)
    links = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}
    assert set(told["/"]) - links == {"dev", "etc", "opt", "proc", "tmp", "usr", "var"}
    devices = ["fd", "full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero"]
    assert told["/dev"] == devices
    known = {"alternatives", "group", "hostname", "hosts", "ld.so.cache", "localtime", "mtab"}
    known |= {"nsswitch.conf", "os-release", "passwd", "pki", "protocols", "resolv.conf"}
    assert set(told["/etc"]) <= known | {"services", "ssl"}
    assert told["/var"] == ["lang", "runtime", "task", "tmp"]
    for path in ("/usr/local", "/usr/src", "/tmp"):
        assert told[path] == []
    assert told["/opt"] == told["/var/task"] == ["lib"]  # for the dynamic linker
    for path in ABSENT:
        assert told[f"absent {path}"] == "ENOENT"


async def test_nothing_but_tmp_can_be_written(bench: DirectBench) -> None:
    source = (
        "os.read(REQUESTS, 1)\n"
        f"for path in {UNWRITABLE!r}: tried(path, lambda: open(path + '/x', 'w'))\n"
        "for path in ('/proc/sys/kernel/core_pattern', '/etc/passwd', '/dev/null', '/proc/irq'):\n"
        "    tried(path, lambda: os.chmod(path, 0o777))\n"
        "tried('core pattern', lambda: open('/proc/sys/kernel/core_pattern', 'w'))\n"
        "tried('code', lambda: open('/var/task/app.py', 'w'))\n"
        "tried('tmp', lambda: open('/tmp/x', 'w') and 1)\n"
        "tell()"
    )
    code = bench.folder / "code"
    code.mkdir(mode=0o777)
    (code / "app.py").touch()
    (code / "app.py").chmod(0o666)
    code.chmod(0o777)
    sandbox = await bench.sandboxes.make(bench.plan(TOOLS + source))
    await sandbox.bind(code)
    os.write(sandbox.requests, b"x")
    told = json.loads(await read(sandbox.output))
    await sandbox.kill()
    assert told.pop("tmp") == "GOT 1"
    assert set(told.values()) <= {"EROFS", "EACCES", "EPERM"}
    assert told["/var/task"] == told["code"] == told["/var/tmp"] == "EROFS"


async def test_exactly_five_descriptors_are_open(bench: DirectBench) -> None:
    source = (
        "said.update((n, os.readlink(f'/proc/self/fd/{n}')) for n in range(5))\n"
        "for n in range(5, 1024): tried(n, lambda: os.fstat(n))"
    )
    told = await tell(bench, source)
    kinds = {name: told.pop(name).split(":")[0] for name in "01234"}
    assert kinds == {"0": "/dev/null", **dict.fromkeys("1234", "pipe")}
    assert set(told.values()) == {"EBADF"}


async def test_process_1_tells_nothing_of_the_host(bench: DirectBench) -> None:
    secrets = (
        "environ",
        "maps",
        "mem",
        "auxv",
        "fd",
        "root",
        "cwd",
        "exe",
        "ns/net",
        "io",
        "stack",
    )
    source = (
        "said['pids'] = sorted(int(p) for p in os.listdir('/proc') if p.isdigit()) == [1, os.getpid()]\n"
        "said['arguments'] = open('/proc/1/cmdline').read().strip(chr(0))\n"
        "said['name'] = open('/proc/1/comm').read().strip()\n"
        "def look(path):\n"
        "    if os.path.islink(path): return os.readlink(path)\n"
        "    return os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(64)\n"
        f"for name in {secrets!r}: tried(name, lambda: look('/proc/1/' + name))"
    )
    told = await tell(bench, source)
    assert (told.pop("pids"), told.pop("arguments"), told.pop("name")) == (True, "init", "init")
    assert set(told) == set(secrets)
    if (
        "users" in bench.lacks
    ):  # the numbers of its descriptors, which cannot be opened, nor what they are be read
        assert told.pop("fd").startswith("GOT ['6")
    assert set(told.values()) <= {"EACCES", "EPERM"}


async def test_proc_is_masked_and_names_no_group_of_the_host(bench: DirectBench) -> None:
    masked = (
        "acpi",
        "cmdline",
        "diskstats",
        "interrupts",
        "kcore",
        "keys",
        "latency_stats",
        "partitions",
        "sched_debug",
        "scsi",
        "timer_list",
    )
    source = (
        "def look(path): return os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(64)\n"
        f"for name in {masked!r}:\n"
        "    if os.path.exists('/proc/' + name): said[name] = len(look('/proc/' + name))\n"
        "said['groups'] = sorted({l.split(':')[2] for l in open('/proc/self/cgroup').read().split()})\n"
        "tried('group of init', lambda: open('/proc/1/cgroup').read().count('lambent'))\n"
        "m = [l.split() for l in open('/proc/self/mounts')]\n"
        "said['suid'] = [x[1] for x in m if 'nosuid' not in x[3].split(',')]\n"
        "said['devices'] = [x[1] for x in m if 'nodev' not in x[3].split(',') and x[1][:5] != '/dev/' and x[1][:6] != '/proc/']\n"
        "said['writable'] = [x[1] for x in m if 'rw' in x[3].split(',')]"
    )
    told = await tell(bench, source)
    assert told.pop("groups") == ["/"]
    assert told.pop("group of init") == "GOT 0"
    assert (told.pop("suid"), told.pop("devices")) == ([], [])
    assert set(told.pop("writable")) == {"/tmp", "/proc"}
    assert set(told.values()) == {0}  # this kernel has some of them, and shows nothing in any


async def test_the_host_s_names_and_secrets_are_not_there(bench: DirectBench) -> None:
    source = (
        "import glob\n"
        "u = os.uname()\n"
        "said['host'] = u.nodename\n"
        "said['domain'] = open('/proc/sys/kernel/domainname').read().strip()\n"
        "found = 0\n"
        "for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
        "    try: found += b'HOST_SECRET' in open(path, 'rb').read().replace(b'HOST_' + b'SECRET\\'', b'')\n"
        "    except OSError: pass\n"
        "said['own arguments only'] = found <= 1\n"
        "said['mounts'] = [l for l in open('/proc/self/mounts') if 'spool' in l or '/run' in l.split()[0]]"
    )
    assert await tell(bench, source) == {
        "host": "169.254.100.1",
        "domain": "(none)",
        "own arguments only": True,
        "mounts": [],
    }


async def test_no_mount_names_a_directory_or_a_disk_of_the_host(bench: DirectBench) -> None:
    source = (
        "lines = [l.split(' - ') for l in open('/proc/self/mountinfo').read().splitlines()]\n"
        "mounts = [(*left.split(), *right.split()) for left, right in lines]\n"
        "said['roots'] = sorted({m[3] for m in mounts if m[4][:5] not in ('/dev/', '/proc')})\n"
        "said['sources'] = sorted({m[-2] for m in mounts})\n"
        "said['options'] = sorted({m[-1] for m in mounts if m[-3] == 'overlay'})\n"
        "said['peers'] = [m for m in mounts if 'master' in str(m) or 'shared' in str(m)]"
    )
    told = await tell(bench, source)
    in_memory = "storage on disk" in bench.lacks
    volume = [] if in_memory else ["/tmp"]  # a directory of its file system
    assert told["roots"] == ["/", "/opt/lib", *volume]  # /opt/lib covers what is hidden
    disks = [source for source in told["sources"] if source.startswith("/")]
    assert len(disks) == len(volume)
    assert all(disk.startswith("/dev/loop") for disk in disks)  # of /tmp, its own
    own = {"tmp"} if in_memory else set(disks)
    assert set(told["sources"]) - own == {"devtmpfs", "lambent", "proc", "tmpfs"}
    for options in told["options"]:
        assert options.startswith("ro,lowerdir=layer:nothing")
    assert told["peers"] == []


async def test_what_is_looked_for_in_a_library_too_early_is_found_once_another_is_bound(
    bench: DirectBench,
) -> None:
    library = bench.folder / "library"
    library.mkdir(mode=0o755)
    plan = bench.plan("").root
    root = RootPlan(
        interpreter_dir=plan.interpreter_dir,
        links=plan.links,
        runtime_dir=plan.runtime_dir,
        libraries={"/var/tmp": library},
    )
    source = (
        "for _ in range(2):\n"
        "    os.write(OUTPUT, str(os.path.exists('/var/tmp/later')).encode())\n"
        "    os.read(REQUESTS, 1)\n"
    )
    sandbox = await bench.sandboxes.make(bench.plan(source, root=root))
    assert await read(sandbox.output) == b"False"
    (library / "later").mkdir()
    await sandbox.bind(bench.folder)
    os.write(sandbox.requests, b"x")
    assert await read(sandbox.output) == b"True"
    await sandbox.kill()


async def test_no_port_of_the_host_answers_and_there_is_no_other_network(
    bench: DirectBench,
) -> None:
    abstract = f"\0lambent-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as local,
        socket.create_server(("0.0.0.0", 0)) as everywhere,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        unix.bind(abstract)
        unix.listen()
        ports = [s.getsockname()[1] for s in (local, everywhere)]
        source = (
            "def connect(host, port):\n"
            "    with socket.create_connection((host, port), 5): return 1\n"
            f"for port in {ports!r}: tried(port, lambda: connect('127.0.0.1', port))\n"
            "tried('outside', lambda: connect('192.0.2.1', 80))\n"
            "tried('metadata', lambda: connect('169.254.169.254', 80))\n"
            "tried('look-up', lambda: socket.getaddrinfo('example.com', 80))\n"
            f"tried('abstract', lambda: socket.socket(socket.AF_UNIX).connect({abstract!r}))\n"
            "said['interfaces'] = [name for _, name in socket.if_nameindex()]"
        )
        told = await tell(bench, source)
    assert told == {
        **dict.fromkeys(map(str, ports), "ECONNREFUSED"),
        "outside": "ENETUNREACH",
        "metadata": "ENETUNREACH",
        "look-up": "gaierror",
        "abstract": "ECONNREFUSED",
        "interfaces": ["lo"],
    }


async def test_neighbours_share_no_file_no_process_and_no_memory(bench: DirectBench) -> None:
    victim = await bench.sandboxes.make(
        bench.plan(
            "import ctypes\n"
            "open('/tmp/secret', 'w').write('S3CRET')\n"
            "id = ctypes.CDLL(None).shmget(4711, 4096, 0o1666)\n"
            "os.write(OUTPUT, b'ready' if id >= 0 else b'no')\n" + WAIT_FOR_END
        )
    )
    assert await read(victim.output) == b"ready"
    source = (
        "tried('file', lambda: os.stat('/tmp/secret'))\n"
        "tried('tmp', lambda: os.listdir('/tmp'))\n"
        "id = libc.shmget(4711, 4096, 0)\n"
        "said['memory'] = errno.errorcode[ctypes.get_errno()] if id < 0 else 'GOT'\n"
        "said['processes'] = len([p for p in os.listdir('/proc') if p.isdigit()])\n"
    )
    told = await tell(bench, source)
    await victim.kill()
    assert told == {"file": "ENOENT", "tmp": "GOT []", "memory": "ENOENT", "processes": 2}


async def test_the_way_up_leads_nowhere(bench: DirectBench) -> None:
    ways = (
        "/..",
        "/../../..",
        "/proc/self/root/..",
        "/proc/self/cwd/..",
        "/tmp/../..",
        "/var/task/../../..",
    )
    source = (
        "root = os.stat('/')\n"
        f"for way in {ways!r}: said[way] = os.path.samestat(os.stat(way), root)\n"
        "os.symlink('/root', '/tmp/link')\n"
        "tried('link', lambda: os.listdir('/tmp/link'))"
    )
    assert await tell(bench, source) == {**dict.fromkeys(ways, True), "link": "ENOENT"}


async def test_layers_are_shown_as_code_is_and_cannot_be_changed(bench: DirectBench) -> None:
    source = (
        "os.read(REQUESTS, 1)\n"
        "mounts = [l.split() for l in open('/proc/self/mountinfo')]\n"
        "shown = [m for m in mounts if m[4] in ('/opt', '/var/task')]\n"
        "said['flags'] = [sorted({'ro', 'nosuid', 'nodev'} & set(m[5].split(','))) for m in shown]\n"
        "said['owners'] = [(s.st_uid, s.st_gid) for s in map(os.stat, ('/opt', '/opt/f', '/var/task'))]\n"
        "said['opt'] = sorted(os.listdir('/opt'))\n"
        "tried('write', lambda: open('/opt/f', 'w'))\n"
        "tried('add', lambda: open('/opt/x', 'w'))\n"
        "tried('remove', lambda: os.unlink('/opt/f'))\n"
        "tell()"
    )
    code, layers = bench.folder / "code", bench.folder / "layers"
    for tree in (code, layers):
        tree.mkdir()
        (tree / "f").write_text(tree.name)
        (tree / "f").chmod(0o666)
        tree.chmod(0o777)
    sandbox = await bench.sandboxes.make(bench.plan(TOOLS + source))
    await sandbox.bind(code, opt_tree=layers)
    os.write(sandbox.requests, b"x")
    told = json.loads(await read(sandbox.output))
    await sandbox.kill()
    assert told["flags"] == [["nodev", "nosuid", "ro"]] * 2
    assert told["opt"] == ["f"]
    nobody = 65_534  # where there is one user alone, as for code
    owner = nobody if bench.instance.isolation == "bubblewrap" else 0
    assert told["owners"] == [[owner, owner]] * 3
    assert {told["write"], told["add"], told["remove"]} <= {"EROFS", "EACCES"}


async def test_a_library_that_comes_with_a_layer_is_found_by_who_was_up_before(
    bench: DirectBench,
) -> None:
    source = (
        "import ctypes\n"
        "def load(name):\n"
        "    try: return ctypes.CDLL(name) and 'loaded'\n"
        "    except OSError as error: return str(error).split(':')[1].strip()\n"
        "said['before'] = load('libneither.so')\n"
        "os.write(OUTPUT, b'up')\n"
        "os.read(REQUESTS, 1)\n"
        "said['code'], said['layer'] = load('libcode.so'), load('liblayer.so')\n"
        "tell()"
    )
    code, layers = bench.folder / "code", bench.folder / "layers"
    for tree, name in ((code, "libcode.so"), (layers, "liblayer.so")):
        (tree / "lib").mkdir(parents=True)
        (tree / "lib" / name).write_text("not a library")
    plan = bench.plan(TOOLS + source)
    path = {"LD_LIBRARY_PATH": f"{plan.environ['LD_LIBRARY_PATH']}:/var/task/lib:/opt/lib"}
    plan = replace(plan, environ={**plan.environ, **path})
    sandbox = await bench.sandboxes.make(plan)
    assert await read(sandbox.output) == b"up"
    await sandbox.bind(code, opt_tree=layers)
    os.write(sandbox.requests, b"x")
    told = json.loads(await read(sandbox.output))
    await sandbox.kill()
    assert "cannot open" in told["before"]
    # What is found is no library, so the linker says that it was read.
    assert told["code"] == told["layer"] == "file too short"
