"""Values that keep a model's constraints."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from botocore.model import Shape

from lambent.wire.validate import DIALECTS, Dialect
from tests.fuzz.patterns import text_of

_TEXTS: Final = (
    "",
    "a",
    "Größe",
    "日本語",
    "🎈" * 3,
    "x" * 40,
    "a b\tc",
    '"quoted" \\ </b>',
    "\u202eright",
)
_LONGEST_TEXT: Final = 200
_DEEPEST: Final = 6

Made = Callable[[], Any]
"""Makes a member's value; LEFT_OUT stands for no value."""
LEFT_OUT: Final = object()


class Values:
    """Makes inputs of one service; `made` says by dotted path what the model does not know."""

    def __init__(self, *, service: str, random: Random) -> None:
        self._random = random
        self._dialect = DIALECTS.get(service, Dialect())

    def members(self, shape: Shape, *, made: Mapping[str, Made]) -> dict[str, Any]:
        """An input: all that is required, and some of the rest."""
        found = self._structure(shape, "", made, 0)
        assert isinstance(found, dict)
        return found

    def _structure(self, shape: Shape, path: str, made: Mapping[str, Made], depth: int) -> Any:
        members: dict[str, Any] = {}
        names = list(shape.members)
        if shape.metadata.get("union"):
            names = [self._random.choice(names)]
        for name in names:
            member, at = shape.members[name], f"{path}{name}"
            wanted = name in shape.required_members or shape.metadata.get("union")
            if not wanted and (depth > _DEEPEST or self._random.random() < 0.6):
                continue
            value = made[at]() if at in made else self._value(member, at, made, depth + 1)
            if member.serialization.get("location") == "header" and isinstance(value, str):
                value = "".join(c for c in value if " " < c <= "~") or "x"
            if value is not LEFT_OUT:
                members[name] = value
        return members

    def _value(self, shape: Shape, path: str, made: Mapping[str, Made], depth: int) -> Any:
        match shape.type_name:
            case "structure":
                return self._structure(shape, f"{path}.", made, depth)
            case "list":
                return [
                    self._value(shape.member, f"{path}[]", made, depth + 1)
                    for _ in range(self._count(shape))
                ]
            case "map":
                return {
                    self.text(shape.key) or "k": self._value(shape.value, path, made, depth + 1)
                    for _ in range(self._count(shape))
                }
            case "string":
                return self.text(shape)
            case kind:
                return self._scalar(kind, shape)

    def _count(self, shape: Shape) -> int:
        low, high = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1_000))
        return self._random.randint(low, min(high, low + 2))

    def text(self, shape: Shape) -> str:
        """A string of a shape."""
        if enum := shape.metadata.get("enum"):
            return str(self._random.choice(enum))
        low, high = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1_000))
        if pattern := shape.metadata.get("pattern"):
            try:
                return text_of(pattern, self._random, shortest=low, longest=high)
            except (
                ValueError
            ):  # of operations that are built none may be left to chance: `recipes` makes those
                return "a" * max(low, 1)
        longest = min(high, _LONGEST_TEXT)
        text = self._random.choice([*_TEXTS, "x" * longest])
        return text[:longest].ljust(low, "x")

    def _scalar(self, kind: str, shape: Shape) -> Any:
        low = shape.metadata.get("min", 0)
        high = self._dialect.maximums.get(shape.name, shape.metadata.get("max", 1_000_000))
        match kind:
            case "integer" | "long":
                return self._random.choice(
                    [int(low), int(high), self._random.randint(int(low), int(high))]
                )
            case "float" | "double":
                return self._random.uniform(float(low), float(high))
            case "boolean":
                return self._random.random() < 0.5
            case "blob":
                return self._random.randbytes(self._random.randint(1, 40))
            case "timestamp":
                return datetime.fromtimestamp(self._random.randint(0, 4_000_000_000), tz=UTC)
            case _:
                raise ValueError(kind)
