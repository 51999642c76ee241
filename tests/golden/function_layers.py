"""Golden pairs of the layers of functions (reference 01 §4, §5, §7)."""

from typing import Final

from tests.golden.case import Case, answers, refuses, step
from tests.golden.layers import ELSEWHERE_ARN, LAYER, OTHER, PUBLISH, STRANGER, denied
from tests.golden.texts import INVALID
from tests.golden.worlds import ACTIVE, NEEDED, in_progress, pending
from tests.services.lambda_.bench import ZIP

_BOTH: Final = [f"{LAYER}:1", "{arn}:layer:other:1"]
_SHOWN: Final = [{"Arn": arn, "CodeSize": len(ZIP)} for arn in _BOTH]
_OWN_ELSEWHERE: Final = f"{ELSEWHERE_ARN}:1"
_REFUSED: Final = (
    (
        "six layers",
        INVALID,
        [f"{{arn}}:layer:l{n}:1" for n in range(6)],
        "Cannot reference more than 5 layers.",
    ),
    (
        "no such layer",
        INVALID,
        ["{arn}:layer:none:1"],
        "Layer version {arn}:layer:none:1 does not exist.",
    ),
    (
        "two versions of a layer",
        INVALID,
        [f"{LAYER}:1", f"{LAYER}:2"],
        (
            "Two different versions of the same layer are not allowed to be referenced in the same function. "
            f"{LAYER}:1 and {LAYER}:2 are versions of the same layer."
        ),
    ),
    (
        "a layer of another region",
        INVALID,
        [_OWN_ELSEWHERE],
        "Layers are not in the same region as the function. Layers are expected to be in region {region}.",
    ),
    (
        "a layer that another account does not share",
        "AccessDeniedException",
        [f"{STRANGER}:1"],
        denied("GetLayerVersion", f"{STRANGER}:1"),
    ),
)

CASES: Final[tuple[Case, ...]] = (
    answers(
        "CreateFunction",
        pending(Layers=_SHOWN),
        shows="layers",
        status=201,
        source="reference 01 §4",
        after=[PUBLISH, OTHER],
        Layers=_BOTH,
        **NEEDED,
    ),
    answers(
        "UpdateFunctionConfiguration",
        in_progress(Layers=_SHOWN),
        shows="layers",
        source="reference 01 §4, §7",
        after=[PUBLISH, OTHER, *ACTIVE],
        FunctionName="fn",
        Layers=_BOTH,
    ),
    answers(
        "UpdateFunctionConfiguration",
        in_progress(),
        shows="an empty list of layers takes them away",
        source="reference 01 §7",
        after=[PUBLISH, step("CreateFunction", Layers=[f"{LAYER}:1"], **NEEDED)],
        FunctionName="fn",
        Layers=[],
    ),
    *(
        refuses(
            "CreateFunction",
            error,
            message,
            shows=shows,
            source="reference 01 §5",
            after=[PUBLISH, PUBLISH],
            Layers=layers,
            **NEEDED,
        )
        for shows, error, layers, message in _REFUSED
    ),
    *(
        refuses(
            "UpdateFunctionConfiguration",
            error,
            message,
            shows=shows,
            source="reference 01 §5",
            after=[PUBLISH, PUBLISH, *ACTIVE],
            FunctionName="fn",
            Layers=layers,
        )
        for shows, error, layers, message in _REFUSED
    ),
)
