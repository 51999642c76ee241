"""Finding Node: on a made-up host whose Nodes are scripts that answer, and on this one."""

import json
from pathlib import Path

import pytest

from lambent.runtimes.answers import Answers
from lambent.runtimes.installed import InstalledRuntime
from lambent.runtimes.nodes import OPTIONS, NodeFinder, NodePlaces
from lambent.runtimes.pythons import Places
from tests.runtimes.nodes import node

MODULES = {
    "/var/node_modules": "/opt/nodejs/node_modules",
    "/node_modules": "/var/runtime/node_modules",
}


class Host:
    """A made-up host below one folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.bin, self.usr = (
            root,
            root / "home",
            root / "bin",
            root / "usr",
        )
        self.store = root / "store"
        self.finder = NodeFinder(
            places=NodePlaces(store=self.store, homes=[self.home], search_path=[self.bin]),
            answers=Answers(root / "answers"),
            cache_dir=root / "cache",
            sdk_dir=root / "sdk",
            usr=self.usr,
        )

    def node(
        self, executable: Path, version: str, *, binary: Path | None = None, shared: str = ""
    ) -> Path:
        """Put a Node at `executable`; the folder that holds its `bin`."""
        told = {
            "name": "node",
            "version": version,
            "execPath": str(binary or executable),
            "shared": [shared] if shared else [],
        }
        executable.parent.mkdir(parents=True, exist_ok=True)
        executable.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
        executable.chmod(0o755)
        return executable.parent.parent

    def installed(self, identifier: str = "nodejs22.x") -> InstalledRuntime:
        found = self.finder.find(identifier)
        assert isinstance(found, InstalledRuntime), found
        return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        "store/22.11.0/bin/node",
        "home/.nvm/versions/node/v22.11.0/bin/node",
        "home/.local/share/fnm/node-versions/v22.11.0/installation/bin/node",
        "home/.volta/tools/image/node/22.11.0/bin/node",
    ],
)
def test_it_is_found_in(host: Host, place: str) -> None:
    (host.usr / "lib/node_modules").mkdir(parents=True)
    prefix = host.node(host.root / place, "22.11.0")
    (prefix / "lib/node_modules").mkdir(parents=True)
    runtime = host.installed()
    assert runtime.version == "22.11.0"
    assert runtime.interpreter_dir == prefix
    assert runtime.links == MODULES
    assert runtime.hidden == ("/var/lang/lib/node_modules", "/usr/lib/node_modules")
    assert runtime.argv == ("/var/lang/bin/node", *OPTIONS, "/var/runtime/bootstrap.cjs")
    assert runtime.libraries == {"/var/runtime/sdk": host.root / "sdk/nodejs"}
    assert runtime.environ["NODE_PATH"] == (
        "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
    )


def test_a_place_that_may_not_be_looked_at_hides_nothing_behind_it(host: Host) -> None:
    closed = Path("/", "x" * 300)  # an error for root too: the name is too long
    places = NodePlaces(store=closed, homes=[closed], search_path=[closed, host.bin])
    host.node(host.bin / "node", "22.11.0")
    assert list(places.candidates("22")) == [host.bin / "node"]
    python = host.bin / "python3.12"
    python.touch()
    pythons = Places(homes=[closed], search_path=[closed, host.bin], opt=host.root / "opt")
    assert list(pythons.candidates("3.12")) == [python]


def test_the_newest_of_the_major_is_taken_and_no_other_major(host: Host) -> None:
    for version in ("22.9.0", "22.11.0", "20.1.0", "22.2.0"):
        host.node(host.store / version / "bin/node", version)
    assert host.installed().version == "22.11.0"
    assert host.installed("nodejs20.x").version == "20.1.0"
    assert host.finder.find("nodejs18.x") == []


def test_a_distribution_s_node_is_linked_to_and_keeps_its_own_parts(host: Host) -> None:
    for name in ("undici", "express"):
        (host.usr / "share/nodejs" / name).mkdir(parents=True)
        (host.usr / "share/nodejs" / name / "index.js").touch()
    binary = host.usr / "bin/node"
    host.node(host.bin / "node", "22.11.0", binary=binary, shared="/usr/share/nodejs/undici/x.js")
    runtime = host.installed()
    assert runtime.interpreter_dir is None
    assert runtime.links == {"bin/node": "/usr/bin/node", **MODULES}
    assert runtime.hidden == ("/usr/share/nodejs",)
    parts = runtime.libraries["/usr/share/nodejs"]
    assert [path.name for path in parts.iterdir()] == ["undici"]


def test_one_among_other_programs_is_copied_away_from_them(host: Host) -> None:
    prefix = host.node(host.usr / "local/bin/node", "22.11.0")
    (prefix / "bin/other").touch()
    (host.bin).mkdir()
    (host.bin / "node").symlink_to(prefix / "bin/node")
    shown = host.installed().interpreter_dir
    assert shown is not None
    assert [path.name for path in (shown / "bin").iterdir()] == ["node"]


def test_what_is_no_node_of_that_version_is_not_believed(host: Host) -> None:
    host.node(host.bin / "node", "20.1.0")
    (host.store / "22.1.0/bin").mkdir(parents=True)
    (host.store / "22.1.0/bin/node").write_text("#!/bin/sh\necho no library >&2\nexit 1\n")
    (host.store / "22.1.0/bin/node").chmod(0o755)
    assert host.finder.find("nodejs22.x") == [
        f"{host.store}/22.1.0/bin/node does not work: no library",
        f"{host.bin}/node is Node 20.1.0",
    ]


def test_the_node_of_this_host_is_found(tmp_path: Path) -> None:
    finder = NodeFinder(
        places=NodePlaces(store=tmp_path / "store", homes=[], search_path=[node().parent]),
        answers=Answers(tmp_path / "answers"),
        cache_dir=tmp_path / "cache",
        sdk_dir=tmp_path / "sdk",
        usr=Path("/usr"),
    )
    found = [finder.find(f"nodejs{major}.x") for major in (18, 20, 22, 24)]
    (runtime,) = [runtime for runtime in found if isinstance(runtime, InstalledRuntime)]
    names = sorted(path.name for path in runtime.bootstrap_dir.iterdir())
    assert names == ["bootstrap.cjs", "lib", "node_modules", "sdk"]
