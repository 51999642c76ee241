"""Golden pairs of what there is none of here: scaling, capacity providers, durable executions (reference 01 §8, §17)."""

from typing import Any, Final

from tests.golden.case import Case, answers, refuses
from tests.golden.texts import BAD_MARKER, INVALID, NOT_FOUND, NOT_THERE
from tests.golden.worlds import ACTIVE, FN, PUBLISHED

_FN: Final[dict[str, Any]] = {"FunctionName": "fn"}
_SCALED: Final[dict[str, Any]] = {"FunctionName": "fn", "Qualifier": "1"}
_DURABLE: Final[dict[str, Any]] = {"DurableExecutionArn": f"{FN}:1/durable-execution/name/id"}

CASES: Final[tuple[Case, ...]] = (
    answers(
        "ListCapacityProviders",
        {"CapacityProviders": []},
        source="botocore model",
    ),
    answers(
        "ListDurableExecutionsByFunction",
        {"DurableExecutions": []},
        source="botocore model",
        after=ACTIVE,
        FunctionName="fn",
    ),
    refuses(
        "ListDurableExecutionsByFunction",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="reference 01 §8, of other operations",
        FunctionName="fn",
    ),
    *(
        refuses(
            operation,
            INVALID,
            BAD_MARKER,
            shows="a marker of nobody",
            source="docs/doubts.md",
            after=ACTIVE,
            Marker="???",
            **members,
        )
        for operation, members in (
            ("ListCapacityProviders", {}),
            ("ListDurableExecutionsByFunction", _FN),
        )
    ),
    *(
        refuses(
            operation,
            INVALID,
            f"The function {FN}:1 has no capacity provider: FunctionScalingConfig isn't supported for it.",
            shows="a function without a capacity provider",
            source="docs/doubts.md",
            after=PUBLISHED,
            **_SCALED,
        )
        for operation in ("GetFunctionScalingConfig", "PutFunctionScalingConfig")
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            f"{NOT_THERE}:1",
            shows="no such function",
            source="reference 01 §8, of other operations",
            **_SCALED,
        )
        for operation in ("GetFunctionScalingConfig", "PutFunctionScalingConfig")
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            "Capacity provider not found: {arn}:capacity-provider:none",
            shows="no such capacity provider",
            source="reference 01 §8",
            CapacityProviderName="none",
        )
        for operation in (
            "GetCapacityProvider",
            "UpdateCapacityProvider",
            "DeleteCapacityProvider",
            "ListFunctionVersionsByCapacityProvider",
        )
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            f"Durable execution not found: {_DURABLE['DurableExecutionArn']}",
            shows="no such execution",
            source="docs/doubts.md",
            **_DURABLE,
        )
        for operation in ("GetDurableExecution", "GetDurableExecutionHistory")
    ),
)
