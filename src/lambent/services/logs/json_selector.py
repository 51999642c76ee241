"""Property selectors of JSON filter patterns: `$.user.id`, `$.items[0]`, `$.items[*].id`, `$.*`, `$.['cluster.name']`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambent.services.logs.errors import InvalidParameter

_STEP: Final = re.compile(
    r"""\.?\[(?:(?P<index>[0-9]{1,9}) | (?P<element>\*) | '(?P<single>[^']*)' | "(?P<double>[^"]*)")\]
      | \.(?P<name>[\w-]+)
      | \.(?P<member>\*)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Steps from the document's root: a name, an index, or None for every element or member."""

    steps: Sequence[str | int | None]

    @property
    def wildcards(self) -> int:
        """How many steps are wildcards."""
        return sum(step is None for step in self.steps)

    def values(self, document: Any) -> list[Any]:
        """Everything in `document` that the selector points to."""
        found = [document]
        for step in self.steps:
            found = [inner for value in found for inner in _inside(value, step)]
        return found


def selector_at(text: str, at: int) -> tuple[Selector, int]:
    """The selector at `at`, and where it ends. Raises InvalidParameter."""
    if not text.startswith("$", at):
        raise InvalidParameter(
            "Invalid filter pattern: a property selector beginning with $ is missing"
            if at >= len(text)
            else f"Invalid character(s) in term '{text[at]}'"
        )
    start, at = at, at + 1
    steps: list[str | int | None] = []
    while found := _STEP.match(text, at):
        steps.append(_step(found))
        at = found.end()
    if not steps or text[at : at + 1] in {".", "["}:
        raise InvalidParameter(f"Invalid character(s) in term '{text[start : at + 2].strip()}'")
    selector = Selector(steps=steps)
    if selector.wildcards > 1:
        raise InvalidParameter("Invalid filter pattern: more than 1 wildcard in a selector")
    return selector, at


def _step(found: re.Match[str]) -> str | int | None:
    if found["element"] or found["member"]:
        return None
    if found["index"] is not None:
        return int(found["index"])
    return next(found[g] for g in ("name", "single", "double") if found[g] is not None)


def _inside(value: Any, step: str | int | None) -> Sequence[Any]:
    if isinstance(value, dict):
        if step is None:
            return list(value.values())
        return [value[step]] if step in value else []
    if isinstance(value, list):
        if step is None:
            return value
        return [value[step]] if isinstance(step, int) and step < len(value) else []
    return []
