"""Which operation of a REST service a method, a path and a query mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_to_bytes

from botocore.model import ServiceModel

from lambent.model.errors import UnknownOperation
from lambent.wire.protocol import Route

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """An operation that a path leads to, if its method and the query that it demands fit."""

    operation: str
    method: bytes
    labels: tuple[str, ...]
    demanded: tuple[tuple[str, str], ...]

    def fits(self, method: bytes, query: Query) -> bool:
        return self.method == method and all(
            value in query.get(name, ()) for name, value in self.demanded
        )


@dataclass(slots=True)
class _Node:
    """A place in the tree of paths."""

    literals: dict[str, "_Node"] = field(default_factory=dict)
    label: "_Node | None" = None
    candidates: list[_Candidate] = field(default_factory=list)


def read_query(raw: bytes) -> dict[str, list[str]]:
    """The decoded parameters of a query or a form, each with its values in order."""
    query: dict[str, list[str]] = {}
    pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return query


class Router:
    """All operations of a REST service, as a tree of path segments."""

    def __init__(self, model: ServiceModel) -> None:
        self._root = _Node()
        for name in model.operation_names:
            http = model.operation_model(name).http
            self._add(name, http["method"].encode(), http["requestUri"])

    def route(self, method: bytes, path: bytes, query: Query) -> Route:
        """The operation and its decoded labels. `path` is still percent-encoded: a decoded slash splits nothing.

        Raises UnknownOperation, also for a known path with another method: AWS does not tell them apart.
        """
        first, *rest = path.split(b"/")
        segments = [unquote_to_bytes(s).decode("utf-8", "replace") for s in rest]
        places = [] if first else _places(self._root, segments, ())  # a path begins with a slash
        for labels, candidates in places:
            for candidate in candidates:
                if candidate.fits(method, query):
                    return Route(
                        operation=candidate.operation,
                        labels=dict(zip(candidate.labels, labels, strict=True)),
                    )
        shown = path.decode("latin-1")
        raise UnknownOperation(f"No operation answers to {method.decode('latin-1')} {shown}")

    def _add(self, operation: str, method: bytes, uri: str) -> None:
        path, _, demanded = uri.partition("?")
        node, labels = self._root, []
        for segment in path.strip("/").split("/"):
            if segment.startswith("{"):
                labels.append(segment.strip("{}"))
                node.label = node.label or _Node()
                node = node.label
            else:
                node = node.literals.setdefault(segment, _Node())
        candidate = _Candidate(
            operation=operation,
            method=method,
            labels=tuple(labels),
            demanded=tuple(parse_qsl(demanded, keep_blank_values=True)),
        )
        node.candidates.append(candidate)
        # What demands more of the query is asked first: GetLayerVersionByArn before ListLayers.
        node.candidates.sort(key=lambda c: -len(c.demanded))


def _places(
    node: _Node, segments: Sequence[str], labels: tuple[str, ...]
) -> list[tuple[tuple[str, ...], list[_Candidate]]]:
    """Where `segments` lead, literal segments before labels. One trailing slash is allowed, as AWS's older models have it."""
    if not segments or segments == [""]:
        return [(labels, node.candidates)]
    first, rest = segments[0], segments[1:]
    found = []
    if first in node.literals:
        found += _places(node.literals[first], rest, labels)
    if node.label is not None and first:
        found += _places(node.label, rest, (*labels, first))
    return found
