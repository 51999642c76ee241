"""What the spawner is asked, as values. Nothing an asker sends is trusted: what does not fit is refused with a reason."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9-]{1,32}\.[0-9]{1,4}\.[0-9a-f]{8}")
_LONGEST_TEXT: Final = 1 << 17
_LARGEST_MEMORY_MB: Final = 1 << 20
_SMALLEST_STORAGE_MB, _LARGEST_STORAGE_MB = 512, 10_240
_MOST_ENTRIES: Final = 4096


class Malformed(Exception):
    """An order that can't be understood; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What a root file system is made of; equal ones are shared."""

    interpreter_dir: Path | None
    runtime_dir: Path
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    libraries: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The asker's first order: the sandboxes it holds; every other of the instance ends."""

    held: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """Make a sandbox and start `argv` in it, or the first that is there of `late` when it is told to."""

    root: Root
    argv: tuple[str, ...]
    late: tuple[str, ...]
    environ: Mapping[str, str]
    memory_mb: int
    ephemeral_storage_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Show `code_tree` at /var/task and `opt_tree` at /opt; set memory first where that is another than before."""

    name: str
    code_tree: str
    opt_tree: str | None = None
    memory_mb: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Have an empty /tmp of another size, before anything was written to the one that is there."""

    name: str
    ephemeral_storage_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Set memory and CPU."""

    name: str
    memory_mb: int
    cores: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Stop everything in some sandboxes, but what keeps them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thaw:
    """Let everything in a sandbox go on."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """End a sandbox and free what it held."""

    name: str


Order = Hello | Make | Bind | Store | Limit | Freeze | Thaw | Kill


class _Fields:
    """A JSON object of which every field is asked for with its type."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise Malformed("an object is missing")
        self._value: dict[str, object] = value

    def text(self, name: str) -> str:
        return _text(self._value.get(name), name)

    def path(self, name: str) -> Path:
        path = Path(self.text(name))
        if not path.is_absolute():
            raise Malformed(f"{name} is not an absolute path")
        return path

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def sandbox(self) -> str:
        return _sandbox(self.text("name"))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._value.get(name)
        if not isinstance(value, list) or len(value) > _MOST_ENTRIES:
            raise Malformed(f"{name} is not a list")
        return tuple(_text(item, name) for item in value)

    def mapping(self, name: str) -> dict[str, str]:
        value = self._value.get(name)
        if not isinstance(value, dict) or len(value) > _MOST_ENTRIES:
            raise Malformed(f"{name} is not an object")
        return {_text(k, name): _text(v, name) for k, v in value.items()}

    def paths(self, name: str) -> dict[str, Path]:
        """An object of absolute paths; empty where there is none."""
        found = self.mapping(name) if self.has(name) else {}
        if not all(path.startswith("/") for path in found.values()):
            raise Malformed(f"{name} holds a path that is not absolute")
        return {key: Path(path) for key, path in found.items()}

    def whole(self, name: str, *, least: int, most: int) -> int:
        value = self._value.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Malformed(f"{name} is not a whole number from {least} to {most}")
        return value

    def storage(self) -> int:
        return self.whole(
            "ephemeral_storage_mb", least=_SMALLEST_STORAGE_MB, most=_LARGEST_STORAGE_MB
        )

    def cores(self) -> float | None:
        value = self._value.get("cores")
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 4096:
            raise Malformed("cores is neither null nor a number of cores")
        return float(value)

    def within(self, name: str) -> "_Fields":
        return _Fields(self._value.get(name))


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or "\0" in value or len(value) > _LONGEST_TEXT:
        raise Malformed(f"{name} is not text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"{name} holds half a surrogate pair") from error
    return value


def is_name(text: str) -> bool:
    """Whether a sandbox can be called `text`: instance, number of its range of user ids, something random."""
    return _NAME.fullmatch(text) is not None


def _sandbox(text: str) -> str:
    # Danger: a name becomes a path below the cgroup hierarchies.
    if not is_name(text):
        raise Malformed("name is not a sandbox's")
    return text


def _hello(fields: _Fields) -> Order:
    return Hello(held=frozenset(_sandbox(name) for name in fields.texts("held")))


def _memory(fields: _Fields) -> int:
    return fields.whole("memory_mb", least=1, most=_LARGEST_MEMORY_MB)


def _make(fields: _Fields) -> Order:
    argv, environ = fields.texts("argv"), fields.mapping("environ")
    late = fields.texts("late") if fields.has("late") else ()
    if not all(program.startswith("/") for program in (*argv[:1], *late)):
        raise Malformed("argv does not begin with an absolute path, or late holds another")
    if bool(argv) == bool(late):
        raise Malformed("neither argv nor late, or both")
    if any(not name or "=" in name for name in environ):
        raise Malformed("environ holds a name that none can have")
    return Make(
        root=_root(fields.within("root")),
        argv=argv,
        late=late,
        environ=environ,
        memory_mb=_memory(fields),
        ephemeral_storage_mb=fields.storage(),
    )


def _root(fields: _Fields) -> Root:
    links, hidden = fields.mapping("links"), fields.texts("hidden")
    libraries = fields.paths("libraries")
    for path in (p.removeprefix("/") for p in (*links, *hidden, *libraries)):
        if {"", ".", ".."}.intersection(path.split("/")):
            raise Malformed(f"{path!r} is not a path below the root")
    absolute = [link for link in links if link.startswith("/")]
    # Danger: /usr and other directories show the host's.
    if any(str(Path(link).parent) not in ("/", "/var") for link in absolute):
        raise Malformed("a link lies neither below /var/lang nor in / or /var")
    # Danger: a link below another would be made where that one leads, which is on the host.
    if any(inner.startswith(f"{outer}/") for outer in links for inner in links):
        raise Malformed("a link lies below another")
    interpreter_dir = fields.path("interpreter_dir") if fields.has("interpreter_dir") else None
    if len(links) > len(absolute) and interpreter_dir is not None:
        raise Malformed("links go into an empty directory, not into an interpreter_dir")
    return Root(
        interpreter_dir=interpreter_dir,
        runtime_dir=fields.path("runtime_dir"),
        links=tuple(sorted(links.items())),
        hidden=hidden,
        libraries=tuple(sorted(libraries.items())),
    )


def _bind(fields: _Fields) -> Order:
    return Bind(
        name=fields.sandbox(),
        code_tree=str(fields.path("code_tree")),
        opt_tree=str(fields.path("opt_tree")) if fields.has("opt_tree") else None,
        memory_mb=_memory(fields) if fields.has("memory_mb") else None,
    )


def _store(fields: _Fields) -> Order:
    return Store(name=fields.sandbox(), ephemeral_storage_mb=fields.storage())


def _limit(fields: _Fields) -> Order:
    return Limit(
        name=fields.sandbox(),
        memory_mb=_memory(fields),
        cores=fields.cores(),
    )


def _freeze(fields: _Fields) -> Order:
    return Freeze(names=tuple(_sandbox(name) for name in fields.texts("names")))


def _thaw(fields: _Fields) -> Order:
    return Thaw(name=fields.sandbox())


def _kill(fields: _Fields) -> Order:
    return Kill(name=fields.sandbox())


_PARSERS: Final[Mapping[str, Callable[[_Fields], Order]]] = {
    "hello": _hello,
    "make": _make,
    "bind": _bind,
    "store": _store,
    "limit": _limit,
    "freeze": _freeze,
    "thaw": _thaw,
    "kill": _kill,
}


def parse_id(data: bytes) -> int | None:
    """Return the correlation id of an order, also of one that can't be understood; None where it has none."""
    try:
        order = json.loads(data)
    except (ValueError, RecursionError):
        return None
    order_id = order.get("id") if isinstance(order, dict) else None
    return order_id if isinstance(order_id, int) and not isinstance(order_id, bool) else None


def parse(data: bytes) -> Order:
    """Understand an order. Raises Malformed."""
    try:
        fields = _Fields(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    verb = fields.text("order")
    if verb not in _PARSERS:
        raise Malformed(f"there is no order {verb[:40]!r}")
    return _PARSERS[verb](fields)
