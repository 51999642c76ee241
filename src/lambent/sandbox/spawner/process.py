"""The driver without walls: runtimes are plain child processes, and what stands for a sandbox is a folder.

It is for development where nothing else can be had, and used only when it is asked for by name.
"""

import os
import shutil
import socket
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambent.sandbox.places import mover
from lambent.sandbox.spawner import inside, kernel, kin, limits, namespaces, orders
from lambent.sandbox.spawner.askers import Answer, Asker
from lambent.sandbox.spawner.lives import Life, Lives, Refused
from lambent.sandbox.spawner.maker import Birth, Pipes
from lambent.sandbox.spawner.network import PORTS
from lambent.sandbox.spawner.orders import Make, Root, Store
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.register import Register

_OOM_SCORE: Final = 500
_BACKLOG: Final = 128
_TASK: Final = "var/task"
_LIB: Final = "lib"
_FOLDERS: Final = (f"{_TASK}/{_LIB}", "var/runtime", f"opt/{_LIB}", "tmp")
"""As in roots, the folders for libraries are there before anything is bound."""
_PLACES: Final = ("/var/task", "/var/runtime", "/var/lang", "/opt", "/tmp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The first process of a sandbox without walls: the parent of its runtime, and of all that this leaves behind."""

    spawner: socket.socket
    listeners: Sequence[socket.socket]
    argv: Sequence[str]
    late: Sequence[str]
    task: str
    environ: Mapping[str, str]
    output: int
    requests: int
    responses: int
    report: int
    frozen: None = None

    def descriptors(self) -> set[int]:
        """Return every descriptor that is used before the runtime starts."""
        own = {self.output, self.requests, self.responses, self.report, self.spawner.fileno()}
        return {*own, *(listener.fileno() for listener in self.listeners)}

    def set_up(self) -> None:
        """Wait for GO, become the father of orphans, pass the listeners out."""
        if self.spawner.recv(len(inside.GO)) != inside.GO:
            os._exit(1)
        os.setsid()
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        passed = [listener.fileno() for listener in self.listeners]
        socket.send_fds(self.spawner, [inside.LISTENING], passed)
        for listener in self.listeners:
            listener.close()
        limits.set_resources(processes=None)
        limits.reset_signals()
        os.umask(0o022)

    def drop(self, uid: int) -> None:
        """Give up ways to more power than the spawner's user has, and end when the first process does."""
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)

    def be_init(self) -> None:
        """Have a name of its own."""
        kernel.name_process(b"lambent-init")

    def end_the_rest(self) -> None:
        """Kill every descendant."""
        kin.end_descendants(os.getpid())


class Folk(Register):
    """A register of sandboxes whose processes are found by descent, and by the folder that their environment names."""

    def __init__(self, at: Path, *, folders: Path | None = None) -> None:
        """`folders` holds the sandboxes' folders; those that an earlier daemon left are removed. None: they are let be."""
        super().__init__(at)
        self._folders = folders
        if folders is not None:
            known = self.names()
            for entry in folders.iterdir():
                if orders.is_name(entry.name) and entry.name not in known:
                    _remove_tree(entry)

    def processes(self, name: str) -> set[int]:
        """Return the first process, what descends from it, and what was started with the sandbox's folder in its environment."""
        first = super().processes(name)
        family = set().union(*(kin.descendants(pid) for pid in first))
        return first | family | kin.marked(f"/{name}/".encode())

    def doom(self, name: str) -> None:
        """Kill what descends from the first process, while it is there to be descended from."""
        for pid in super().processes(name):
            kin.end_descendants(pid)

    def remove(self, name: str) -> bool:
        """Remove folder and file; False while something runs."""
        if self.processes(name):
            return False
        if self._folders is not None:
            _remove_tree(self._folders / name)
        return super().remove(name)


class ProcessMaker:
    """Answers orders to make a sandbox by starting a process."""

    def __init__(self, *, lives: Lives, register: Folk, folders: Path, reactor: Reactor) -> None:
        self._lives, self._register = lives, register
        self._folders, self._reactor = folders, reactor

    def make(self, order: Make, asker: Asker, answer: Answer) -> None:
        """Make a folder and start the runtime; answered as `Maker.make` does, with the places that stand for a sandbox's."""
        try:
            life = self._lives.begin(asker)
        except Refused as refusal:
            answer.failed(str(refusal))
            return
        try:
            birth = self._bear(order, life, answer)
        except OSError as error:
            reason = str(error)
            self._lives.kill(life, lambda _: answer.failed(reason))
        else:
            birth.begin(None, _nothing_follows)

    def _bear(self, order: Make, life: Life, answer: Answer) -> Birth:
        with ExitStack() as ours, ExitStack() as theirs:
            self._register.create(life.name, memory_mb=order.memory_mb)
            folder = self._folders / life.name
            furnish(folder, order.root)
            listeners = [theirs.enter_context(_listener()) for _ in PORTS]
            places = {place: f"{folder}{place}" for place in _PLACES} | _addresses(listeners)
            move = mover(places)
            pipes = Pipes.make(ours=ours, theirs=theirs)
            spawner, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.callback(spawner.close)
            theirs.callback(child.close)
            plan = Plain(
                spawner=child,
                listeners=listeners,
                argv=[move(word) for word in order.argv],
                late=[move(program) for program in order.late],
                task=str(folder / _TASK),
                environ={name: move(value) for name, value in order.environ.items()}
                | {"TMPDIR": str(folder / "tmp")},
                output=pipes.output[1],
                requests=pipes.requests[0],
                responses=pipes.responses[1],
                report=pipes.report[1],
            )
            pid, pidfd = kernel.clone3(0)
            if pid == 0:
                inside.become(plan)
            self._lives.born(life, pid, pidfd)
            namespaces.prefer_as_victim(pid, _OOM_SCORE)
            return Birth(
                life=life,
                child=spawner,
                held=pipes.held(),
                kept=ours.pop_all(),
                answer=answer,
                lives=self._lives,
                reactor=self._reactor,
                places=places,
            )


class Unbounded:
    """Answers orders to store: a folder has no size that could be another."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives

    def store(self, order: Store, asker: Asker, answer: Answer) -> None:
        """Nothing was written yet, so it is empty. Raises Refused."""
        self._lives.standing(order.name, asker)
        answer.done({})


class Linker:
    """Binds code: the files of the tree by other names, so that what looks for folders above finds the sandbox's own."""

    def __init__(self, folders: Path) -> None:
        self._folders = folders

    def bind(self, order: orders.Bind, *, pid: int, pidfd: int, base: int) -> None:
        """Show the trees of `order` in the sandbox's folder. Raises OSError. Asking again changes nothing."""
        folder = self._folders / order.name
        for place, source in namespaces.shown_trees(order):
            self._show(Path(source), folder / place.lstrip("/"))

    def _show(self, source: Path, place: Path) -> None:
        if not all(map(_is_empty_lib, place.iterdir())):
            return
        with suppress(FileNotFoundError):
            (place / _LIB).rmdir()
        making = place.with_name("binding")
        _remove_tree(making)
        _link_tree(source, making)
        making.rename(place)


def _is_empty_lib(entry: Path) -> bool:
    """Whether it is what stands where nothing is bound yet."""
    is_folder = entry.is_dir() and not entry.is_symlink()
    return entry.name == _LIB and is_folder and not any(entry.iterdir())


def furnish(folder: Path, root: Root) -> None:
    """Make in `folder` what a sandbox's root shows, by links. Raises OSError.

    What would cover something of the host's own (`hidden`, libraries below /usr) cannot be had.
    """
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)
    lang = folder / "var/lang"
    if root.interpreter_dir is not None:
        lang.symlink_to(root.interpreter_dir)
    for name, target in root.links:
        link = folder / name.lstrip("/") if name.startswith("/") else lang / name
        link.parent.mkdir(parents=True, exist_ok=True)
        # Below the folder, links to a sandbox's places lead into the folder.
        own = any(target == place or target.startswith(f"{place}/") for place in _PLACES)
        link.symlink_to(f"{folder}{target}" if own else target)
    libraries = dict(root.libraries)
    for entry in root.runtime_dir.iterdir():
        shown = libraries.get(f"/var/runtime/{entry.name}", entry)
        is_relative = shown is entry and entry.is_symlink()
        (folder / "var/runtime" / entry.name).symlink_to(entry.readlink() if is_relative else shown)


def _nothing_follows() -> None:
    """Whoever listens is reached already."""


def _addresses(listeners: Sequence[socket.socket]) -> dict[str, str]:
    moved: dict[str, str] = {}
    for port, listener in zip(PORTS, listeners, strict=True):
        for scheme in ("", "http://"):
            address = f"{scheme}127.0.0.1"
            moved[f"{address}:{port}"] = f"{address}:{listener.getsockname()[1]}"
    return moved


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(_BACKLOG)
    return listener


def _link_tree(source: Path, target: Path) -> None:
    for here, folders, files in os.walk(source, onerror=_raise):
        there = target / Path(here).relative_to(source)
        there.mkdir()
        for name in (*folders, *files):
            entry = Path(here, name)
            if entry.is_symlink():
                (there / name).symlink_to(entry.readlink())
            elif name in files:
                _link(entry, there / name)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # on another file system, or with too many names already
        shutil.copy2(source, target)


def _raise(error: OSError) -> None:
    raise error


def _remove_tree(folder: Path) -> None:
    """Remove a folder in which a function may have closed others to its own user."""

    def open_and_try_again(remove: Callable[[str], Any], path: str, _: Any) -> None:
        parent = Path(path).parent
        with suppress(OSError):
            parent.chmod(stat.S_IRWXU)
            if Path(path).is_dir() and not Path(path).is_symlink():
                Path(path).chmod(stat.S_IRWXU)
                shutil.rmtree(path, ignore_errors=True)
            else:
                remove(path)

    with suppress(FileNotFoundError):
        shutil.rmtree(folder, onerror=open_and_try_again)
