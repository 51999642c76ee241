"""Where Nodes lie on a host, and how a sandbox shows one."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.runtimes.answers import Answers, ProbeFailure
from lambent.runtimes.folders import digest_of, made_whole, sources_below, standing, write_below
from lambent.runtimes.installed import RUNTIME_DIR, SDK_DIR, InstalledRuntime
from lambent.runtimes.looking import entries, is_file
from lambent.runtimes.pythons import LANG_DIR, host_packages
from lambent.runtimes.remembered import Prober
from lambent.runtimes.sdks import sdk_folder

NODES: Final = tuple(f"nodejs{major}.x" for major in range(18, 25, 2))
"""The identifiers that lambent can run where Node is installed."""
OPTIONS: Final = ("--expose-gc", "--max-http-header-size=81920", "--max-old-space-size=9216")
"""As AWS starts Node, but for the heap's limit: it is fixed before the function is known, so it fits the largest."""

_QUESTION: Final = """
const { config, execPath, release, versions } = process;
const shared = config.variables.node_builtin_shareable_builtins || [];
console.log(JSON.stringify({ name: release.name, version: versions.node, bun: versions.bun, execPath, shared }));
"""
_ENVIRON: Final[Mapping[str, str]] = {
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LANG": "en_US.UTF-8",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "TZ": ":UTC",
}
"""As AWS's Node runtimes have it (reference 03 §5)."""
_MODULES: Final[Mapping[str, str]] = {
    "/var/node_modules": "/opt/nodejs/node_modules",
    "/node_modules": "/var/runtime/node_modules",
}
"""AWS's Node finds ES modules by NODE_PATH too. Others look in each folder above the importing one: these lead on."""
_BOOTSTRAP: Final = Path(__file__).parent / "node"
_SHARED: Final = "/usr/share/nodejs"
_VERSION_MANAGERS: Final = (
    (".nvm/versions/node", "bin/node"),
    (".local/share/fnm/node-versions", "installation/bin/node"),
    (".fnm/node-versions", "installation/bin/node"),
    (".volta/tools/image/node", "bin/node"),
    (".local/share/mise/installs/node", "bin/node"),
    (".asdf/installs/nodejs", "bin/node"),
    (".nodenv/versions", "bin/node"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node that has answered."""

    executable: Path
    version: str
    """`22.11.0`."""
    binary: Path
    """What `executable` leads to."""
    shared: Sequence[Path]
    """Parts of its own that a distribution keeps below /usr/share/nodejs, among everybody's packages."""

    @property
    def major(self) -> str:
        """`22`."""
        return self.version.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNode:
    """How a sandbox shows a Node."""

    interpreter_dir: Path | None
    links: Mapping[str, str]
    hidden: Sequence[str]
    libraries: Mapping[str, Path]


class NodePlaces:
    """The folders to look in: lambent's own store, `homes` for version managers, `search_path` as a shell's PATH."""

    def __init__(self, *, store: Path, homes: Sequence[Path], search_path: Sequence[Path]) -> None:
        self._store, self._homes, self._search_path = store, homes, search_path

    def candidates(self, major: str) -> Iterator[Path]:
        """Files that may be a Node of `major` (`22`), the likeliest first, each once."""
        seen: set[Path] = set()
        for candidate in self._all(major):
            if candidate not in seen and is_file(candidate):
                seen.add(candidate)
                yield candidate

    def _all(self, major: str) -> Iterator[Path]:
        yield from _newest_first(self._store, major, "bin/node")
        for home in self._homes:
            for folder, executable in _VERSION_MANAGERS:
                yield from _newest_first(home / folder, major, executable)
        yield from (folder / "node" for folder in self._search_path)


def _newest_first(folder: Path, major: str, executable: str) -> list[Path]:
    found = []
    for entry in entries(folder):
        match = re.fullmatch(rf"v?{re.escape(major)}\.(\d+)\.(\d+)", entry.name)
        if match:
            found.append((int(match[1]), int(match[2]), entry / executable))
    return [path for _, _, path in sorted(found, reverse=True)]


def _answer(executable: Path, answers: Answers) -> Node | str:
    try:
        code, out, said = answers.ask(executable, "-e", _QUESTION)
    except ProbeFailure as failure:
        return str(failure)
    if code:
        return f"does not work: {said}"
    try:
        told = json.loads(out)
        node = Node(
            executable=executable,
            version=str(told["version"]),
            binary=Path(told["execPath"]),
            shared=tuple(map(Path, told["shared"])),
        )
        stranger = told["name"] != "node" or told.get("bun") is not None
    except (ValueError, KeyError, TypeError) as error:
        return f"does not answer as Node does: {error}"
    return "is not Node.js" if stranger else node


def shown(node: Node, *, cache_dir: Path, usr: Path) -> ShownNode:
    """How a sandbox shows `node`. What cannot be shown as it lies is copied to `cache_dir`. Raises OSError."""
    hidden = tuple(host_packages(usr))
    binary = node.binary
    if binary.is_relative_to(usr) and not binary.is_relative_to(usr / "local"):
        inside = f"/usr/{binary.relative_to(usr)}"
        libraries = {_SHARED: _copied_parts(node, cache_dir, usr)} if node.shared else {}
        return ShownNode(
            interpreter_dir=None,
            links={"bin/node": inside},
            hidden=hidden,
            libraries=libraries,
        )
    prefix = binary.parent.parent
    if node.version not in str(prefix.name) and prefix.name != "installation":
        prefix = _copied_binary(node, cache_dir)  # others may have put their programs beside it
    own = tuple(
        f"{LANG_DIR}/lib/{name}"
        for name in ("node_modules", "node")
        if (prefix / "lib" / name).is_dir()
    )
    return ShownNode(interpreter_dir=prefix, links={}, hidden=(*own, *hidden), libraries={})


def _copied_binary(node: Node, cache_dir: Path) -> Path:
    status = node.binary.stat()

    def fill(making: Path) -> None:
        (making / "bin").mkdir()
        shutil.copyfile(node.binary, making / "bin/node")
        (making / "bin/node").chmod(0o755)

    name = f"node{node.version}-{status.st_size:x}-{status.st_mtime_ns:x}"
    return made_whole(cache_dir / name, fill)


def _copied_parts(node: Node, cache_dir: Path, usr: Path) -> Path:
    """The packages of /usr/share/nodejs that this Node itself is made of, and no others."""
    shared = usr / "share/nodejs"

    def fill(making: Path) -> None:
        for part in node.shared:
            with contextlib.suppress(ValueError):
                name = part.relative_to(_SHARED).parts[0]
                if (shared / name).is_dir() and not (making / name).exists():
                    shutil.copytree(shared / name, making / name)

    return made_whole(cache_dir / f"node{node.version}-parts", fill)


class NodeFinder:
    """Finds Node, and makes its bootstrap ready in `cache_dir`."""

    def __init__(
        self, *, places: NodePlaces, answers: Answers, cache_dir: Path, sdk_dir: Path, usr: Path
    ) -> None:
        self._places, self._cache_dir = places, cache_dir
        self._sdk_dir, self._usr = sdk_dir, usr
        self._prober = Prober(answers=answers, ask=_answer)

    def find(self, identifier: str) -> InstalledRuntime | list[str]:
        """The runtime of exactly `identifier`, or why what was found cannot be used. Raises OSError."""
        major = identifier.removeprefix("nodejs").removesuffix(".x")
        refused: list[str] = []
        for candidate in self._places.candidates(major):
            try:
                node = self._prober.probe(candidate)
            except ProbeFailure as failure:
                refused.append(str(failure))
                continue
            if node.major == major:
                return self._installed(identifier, node)
            refused.append(f"{candidate} is Node {node.version}")
        return refused

    def _installed(self, identifier: str, node: Node) -> InstalledRuntime:
        look = shown(node, cache_dir=self._cache_dir, usr=self._usr)
        return InstalledRuntime(
            identifier=identifier,
            version=node.version,
            executable=node.executable,
            interpreter_dir=look.interpreter_dir,
            links={**look.links, **_MODULES},
            hidden=look.hidden,
            argv=(f"{LANG_DIR}/bin/node", *OPTIONS, f"{RUNTIME_DIR}/bootstrap.cjs"),
            environ=_environ(node.major),
            bootstrap_dir=self._bootstrap(),
            libraries={**look.libraries, SDK_DIR: standing(sdk_folder(self._sdk_dir, identifier))},
        )

    def _bootstrap(self) -> Path:
        sources = sources_below(_BOOTSTRAP, ".cjs")

        def fill(making: Path) -> None:
            write_below(making, sources)
            (making / "sdk").mkdir()
            (making / "node_modules").symlink_to("sdk/node_modules")

        return made_whole(self._cache_dir / f"nodejs-{digest_of(sources)}", fill)


def _environ(major: str) -> Mapping[str, str]:
    layers = f"/opt/nodejs/node{major}/node_modules:/opt/nodejs/node_modules"
    path = f"{layers}:/var/runtime/node_modules:/var/runtime:/var/task"
    return {**_ENVIRON, "NODE_PATH": path}
