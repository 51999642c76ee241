"""From a runtime identifier to what runs it on this host."""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from lambent.runtimes.identifiers import blocked_for_create, is_known
from lambent.runtimes.installed import Found, InstalledRuntime, MissingRuntime
from lambent.runtimes.probing import Interpreter, ProbeFailure, Prober
from lambent.runtimes.provided import PROVIDED, provided
from lambent.runtimes.pythons import LANG_DIR, Places, shown
from lambent.runtimes.remedies import Remedies

PYTHONS: Final = tuple(f"python3.{minor}" for minor in range(8, 15))
"""The identifiers that lambent can run where the interpreter is installed."""
RUNTIME_DIR: Final = "/var/runtime"

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
    several.
    """

    def __init__(
        self,
        *,
        places: Places,
        remedies: Remedies,
        cache_dir: Path,
        prober: Prober,
        usr: Path = Path("/usr"),
    ) -> None:
        self._places, self._remedies, self._prober = places, remedies, prober
        self._cache_dir, self._usr = cache_dir, usr
        self._lock = threading.Lock()
        self._found: dict[str, InstalledRuntime] = {}

    def find(self, identifier: str) -> Found:
        """The runtime of exactly `identifier`; never another version in its place."""
        if identifier in PROVIDED:
            return provided(identifier, cache_dir=self._cache_dir, usr=self._usr)
        if identifier in PYTHONS:
            with self._lock:
                return self._remembered(identifier) or self._find_python(identifier)
        return MissingRuntime(identifier=identifier, reason=_why_never(identifier))

    def available(self) -> Sequence[InstalledRuntime]:
        """Every runtime that this host has, oldest first."""
        found = map(self.find, (*PYTHONS, *PROVIDED))
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
        lack = f"{identifier} needs CPython {series}, which is not installed on this host."
        remedy = self._remedies.for_python(series)
        tried = f" Found but not usable: {'; '.join(refused)}." if refused else ""
        return MissingRuntime(identifier=identifier, reason=f"{lack} {remedy}{tried}")

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
        )

    def _bootstrap_for(self, interpreter: Interpreter) -> Path:
        """The bootstrap's files, compiled by `interpreter`: a sandbox's root is read-only, and compiling at each start
        would cost it 10 ms."""
        sources = {path.relative_to(_BOOTSTRAP): path.read_bytes() for path in _sources()}
        version = ".".join(map(str, interpreter.version))
        folder = self._cache_dir / f"python{version}-{_digest(sources)}"
        if folder.is_dir():
            return folder
        self._cache_dir.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self._cache_dir))
        try:
            for path, content in sources.items():
                (making / path).parent.mkdir(exist_ok=True)
                (making / path).write_bytes(content)
            self._prober.compile(interpreter, making)
            _open_to_all(making)
            making.rename(folder)
        except OSError:
            # Another process may have been quicker: a folder by this name is whole, whoever made it.
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return folder


def _why_never(identifier: str) -> str:
    if not is_known(identifier):
        return f"{identifier} is no runtime that AWS Lambda knows."
    if blocked_for_create(identifier):
        return f"AWS Lambda has withdrawn {identifier}, and lambent does not run it."
    return f"lambent does not run {identifier} yet: it runs {PYTHONS[0]} to {PYTHONS[-1]}, {' and '.join(PROVIDED)}."


def _sources() -> Iterator[Path]:
    return (path for path in sorted(_BOOTSTRAP.rglob("*.py")) if path.is_file())


def _digest(sources: Mapping[Path, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in sources.items():
        digest.update(b"%b\0%d\0%b" % (bytes(path), len(content), content))
    return digest.hexdigest()[:16]


def _open_to_all(folder: Path) -> None:
    """Let every uid read, whatever the umask: a sandbox has a uid of its own."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
