"""From a runtime identifier to what runs it on this host."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lambent.runtimes.answers import Answers, ProbeFailure
from lambent.runtimes.folders import digest_of, made_whole, sources_below, standing, write_below
from lambent.runtimes.identifiers import runtime_named
from lambent.runtimes.installed import (
    RUNTIME_DIR,
    SDK_DIR,
    Found,
    InstalledRuntime,
    MissingRuntime,
)
from lambent.runtimes.nodes import NODES, NodeFinder, NodePlaces
from lambent.runtimes.probing import Interpreter, ask_python, compile_bootstrap
from lambent.runtimes.provided import PROVIDED, provided
from lambent.runtimes.pythons import LANG_DIR, Places, shown
from lambent.runtimes.remedies import Remedies
from lambent.runtimes.remembered import Prober
from lambent.runtimes.sdks import sdk_folder

PYTHONS: Final = tuple(f"python3.{minor}" for minor in range(8, 15))
"""The identifiers that lambent can run where the interpreter is installed."""
RUNNABLE: Final = (*PYTHONS, *NODES, *PROVIDED)
"""All that lambent can run where their interpreter, if they need one, is installed."""
PYTHON_ENVIRON: Final[Mapping[str, str]] = {
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LANG": "en_US.UTF-8",
    "LC_CTYPE": "C.UTF-8",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "TZ": ":UTC",
}
"""As AWS's Python runtimes have it (reference 03 §5)."""

_BOOTSTRAP: Final = Path(__file__).parent / "python"


class RuntimeCatalogue:
    """Finds runtimes, and makes their bootstraps ready in `cache_dir` (OSError where that can't be written).

    What was found is remembered while its files are there; what is missing is looked for again each time. Every method blocks (an interpreter may have to be started): call them in a thread. They may be called from
    several. `sdk_dir` has a folder for each family's SDK, filled by whoever fetches it.
    """

    def __init__(
        self,
        *,
        places: Places,
        node_places: NodePlaces,
        remedies: Remedies,
        cache_dir: Path,
        sdk_dir: Path,
        answers: Answers,
        usr: Path = Path("/usr"),
    ) -> None:
        self._places, self._remedies = places, remedies
        self._prober = Prober(answers=answers, ask=ask_python)
        self._cache_dir, self._sdk_dir, self._usr = cache_dir, sdk_dir, usr
        self._nodes = NodeFinder(
            places=node_places, answers=answers, cache_dir=cache_dir, sdk_dir=sdk_dir, usr=usr
        )
        self._locks = {identifier: threading.Lock() for identifier in (*PYTHONS, *NODES)}
        self._found: dict[str, InstalledRuntime] = {}

    def find(self, identifier: str) -> Found:
        """The runtime of exactly `identifier`; never another version in its place."""
        if identifier in PROVIDED:
            return provided(identifier, cache_dir=self._cache_dir, usr=self._usr)
        if identifier in PYTHONS:
            with self._locks[identifier]:
                return self._remembered(identifier) or self._find_python(identifier)
        if identifier in NODES:
            with self._locks[identifier]:
                return self._remembered(identifier) or self._find_node(identifier)
        return MissingRuntime(identifier=identifier, reason=_why_never(identifier))

    def available(self) -> Sequence[InstalledRuntime]:
        """Every runtime that this host has, oldest first."""
        found = map(self.find, RUNNABLE)
        return [runtime for runtime in found if isinstance(runtime, InstalledRuntime)]

    def _remembered(self, identifier: str) -> InstalledRuntime | None:
        runtime = self._found.get(identifier)
        if runtime and runtime.executable.exists() and runtime.bootstrap_dir.exists():
            return runtime
        return None

    def _find_python(self, identifier: str) -> Found:
        series = identifier.removeprefix("python")
        refused: list[str] = []
        for candidate in self._places.candidates(series):
            try:
                runtime = self._installed(identifier, self._prober.probe(candidate))
            except ProbeFailure as failure:
                refused.append(str(failure))
            else:
                self._found[identifier] = runtime
                return runtime
        remedy = self._remedies.for_python(series)
        return _missing(identifier, f"CPython {series}", remedy, refused)

    def _find_node(self, identifier: str) -> Found:
        found = self._nodes.find(identifier)
        if isinstance(found, InstalledRuntime):
            self._found[identifier] = found
            return found
        major = identifier.removeprefix("nodejs").removesuffix(".x")
        return _missing(identifier, f"Node {major}", self._remedies.for_node(identifier), found)

    def _installed(self, identifier: str, interpreter: Interpreter) -> InstalledRuntime:
        if f"python{interpreter.series}" != identifier:
            raise ProbeFailure(f"{interpreter.executable} is Python {interpreter.series}")
        look = shown(interpreter, usr=self._usr)
        return InstalledRuntime(
            identifier=identifier,
            version=".".join(map(str, interpreter.version)),
            executable=interpreter.executable,
            interpreter_dir=look.interpreter_dir,
            links=look.links,
            hidden=look.hidden,
            argv=(f"{LANG_DIR}/bin/{identifier}", f"{RUNTIME_DIR}/bootstrap.py"),
            environ=PYTHON_ENVIRON,
            bootstrap_dir=self._bootstrap_for(interpreter),
            libraries={SDK_DIR: standing(sdk_folder(self._sdk_dir, identifier))},
        )

    def _bootstrap_for(self, interpreter: Interpreter) -> Path:
        """The bootstrap's files, compiled by `interpreter`: a sandbox's root is read-only, and compiling at each start
        would cost it 10 ms."""
        sources = sources_below(_BOOTSTRAP, ".py")
        version = ".".join(map(str, interpreter.version))

        def fill(making: Path) -> None:
            write_below(making, sources)
            compile_bootstrap(interpreter, making)
            (making / "sdk").mkdir()

        return made_whole(self._cache_dir / f"python{version}-{digest_of(sources)}", fill)


def _missing(identifier: str, what: str, remedy: str, refused: Sequence[str]) -> MissingRuntime:
    lack = f"{identifier} needs {what}, which is not installed on this host."
    tried = f" Found but not usable: {'; '.join(refused)}." if refused else ""
    return MissingRuntime(identifier=identifier, reason=f"{lack} {remedy}{tried}")


def _why_never(identifier: str) -> str:
    if runtime_named(identifier) is None:
        return f"{identifier} is no runtime that AWS Lambda knows."
    return f"lambent does not run {identifier}: it runs {PYTHONS[0]} to {PYTHONS[-1]}, {NODES[0]} to {NODES[-1]}, {' and '.join(PROVIDED)}."
