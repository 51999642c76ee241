"""Operations that take a function's name, each with one golden pair to try names on (reference 01 §2.1)."""

from collections.abc import Sequence
from dataclasses import replace

from tests.golden.case import Case, refuses
from tests.golden.texts import INVALID, TWO_QUALIFIERS
from tests.golden.wire import MODEL


def takers(cases: Sequence[Case]) -> list[Case]:
    """One case of each operation that takes a name: a success if it has one."""
    found: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: bool(case.error)):
        if case.members.get("FunctionName") == "fn":
            found.setdefault(case.operation, case)
    return list(found.values())


def two_qualifiers(cases: Sequence[Case]) -> list[Case]:
    """Of each operation that takes a qualifier in the name and beside it: both, and they differ."""
    return [
        replace(
            refuses(
                case.operation,
                INVALID,
                TWO_QUALIFIERS,
                shows="two qualifiers that differ",
                source="reference 01 §2.1",
                after=case.after,
            ),
            members={**case.members, "FunctionName": "fn:prod", "Qualifier": "blue"},
        )
        for case in takers(cases)
        if _takes_both(case.operation)
    ]


def _takes_both(operation: str) -> bool:
    members = MODEL.operation_model(operation).input_shape.members
    return "Qualifier" in members and members["FunctionName"].name != "UnqualifiedFunctionName"
