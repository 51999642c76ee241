"""A golden pair. Texts hold `{region}`, `{partition}`, `{arn}` and the like, which `placed` fills in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lambent.model.partitions import partition_of
from tests.fakes.versions import ACCOUNT

OTHER_ACCOUNT: Final = "210987654321"
OTHER_REGION: Final = {"us-east-1": "eu-west-1", "cn-north-1": "cn-northwest-1"}
OTHER_PARTITION: Final = {"us-east-1": "aws-cn", "cn-north-1": "aws"}
REGIONS: Final = tuple(OTHER_REGION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """Stands in a golden answer for a text that is another each time."""

    pattern: str

    def __eq__(self, other: object) -> bool:
        """Whether it is such a text."""
        return isinstance(other, str) and re.fullmatch(self.pattern, other) is not None

    __hash__ = None  # type: ignore[assignment]  # equal to many texts, so that no hash would be right


UUID: Final = Like(pattern=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call that comes before; it must succeed, and what it starts is let become active."""

    operation: str
    members: Mapping[str, Any]
    is_settled: bool = True
    """Whether what it started becomes active."""
    keeps: Mapping[str, str] = field(default_factory=dict)
    """Name -> dotted path in its answer of a text that `{name}` stands for from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair."""

    operation: str
    shows: str
    """What it is a case of, in words."""
    source: str
    members: Mapping[str, Any] = field(default_factory=dict)
    after: Sequence[Step] = ()
    status: int = 200
    answer: Any = None
    """The JSON document of a success; None for an empty body."""
    error: str = ""
    message: str | Like = ""
    is_typed: bool = True
    """Whether the error's body says whose fault it is; AWS's framework does not."""

    @property
    def id(self) -> str:
        """Its name in pytest."""
        return f"{self.operation}: {self.shows}"


_FRAMEWORK: Final = frozenset(
    {"ValidationException", "AccessDeniedException", "NotImplementedException"}
)


def step(
    operation: str,
    *,
    is_settled: bool = True,
    keeps: Mapping[str, str] | None = None,
    **members: Any,
) -> Step:
    """A call that comes before."""
    return Step(operation=operation, members=members, is_settled=is_settled, keeps=keeps or {})


def answers(
    operation: str,
    document: Any,
    *,
    source: str,
    shows: str = "success",
    status: int = 200,
    after: Sequence[Step] = (),
    **members: Any,
) -> Case:
    """A case of success."""
    return Case(
        operation=operation,
        shows=shows,
        source=source,
        members=members,
        after=after,
        status=status,
        answer=document,
    )


def refuses(
    operation: str,
    error: str,
    message: str | Like,
    *,
    source: str,
    shows: str,
    after: Sequence[Step] = (),
    is_typed: bool = True,
    **members: Any,
) -> Case:
    """A case of an error; its status is the model's."""
    return Case(
        operation=operation,
        shows=shows,
        source=source,
        members=members,
        after=after,
        error=error,
        message=message,
        is_typed=is_typed and error not in _FRAMEWORK,
    )


def placed(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with what `names` stand for in all its texts."""
    match value:
        case str():
            for name, text in names.items():
                value = value.replace(f"{{{name}}}", text)
            return value
        case Like():
            return Like(pattern=placed(value.pattern, names))
        case Mapping():
            return {placed(key, names): placed(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [placed(inner, names) for inner in value]
        case _:
            return value


def names_of(region: str) -> dict[str, str]:
    """What stands in the texts of a region."""
    partition = partition_of(region).name
    return {
        "region": region,
        "other_region": OTHER_REGION[region],
        "partition": partition,
        "other_partition": OTHER_PARTITION[region],
        "account": ACCOUNT,
        "other_account": OTHER_ACCOUNT,
        "arn": f"arn:{partition}:lambda:{region}:{ACCOUNT}",
    }
