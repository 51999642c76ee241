"""What the model demands of Invoke's parameters, written down so that the edge need not load botocore.

A test holds this table against botocore's model.
"""

from collections.abc import Mapping
from typing import Final

from lambent.model.function_name import WHOLE_ARN
from lambent.wire.constraints import Failure, TextRule, lower_camel

_FUNCTION_NAME: Final = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)

INVOKE_RULES: Final[Mapping[str, TextRule]] = {
    "FunctionName": TextRule(minimum=1, maximum=256, pattern=_FUNCTION_NAME, also=WHOLE_ARN),
    "InvocationType": TextRule(enum=("Event", "RequestResponse", "DryRun")),
    "LogType": TextRule(enum=("None", "Tail")),
    "DurableExecutionName": TextRule(minimum=1, maximum=64, pattern="[a-zA-Z0-9-_]+"),
    "Qualifier": TextRule(
        minimum=1, maximum=128, pattern=r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
    ),
    "TenantId": TextRule(minimum=1, maximum=256, pattern=r"[a-zA-Z0-9\._:\/=+\-@ ]+"),
}
"""By member name, in the model's order; AWS reports them in the reverse of it."""


def invoke_failures(parameters: Mapping[str, str]) -> list[Failure]:
    """What is wrong with `parameters`, by member name, in AWS's order: the qualifier before the function's name.

    Raise it with `constraints.refuse`.
    """
    return [
        failure
        for member, rule in reversed(list(INVOKE_RULES.items()))
        if (value := parameters.get(member)) is not None
        for failure in rule.failures(value, path=lower_camel(member))
    ]
