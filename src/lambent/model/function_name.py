"""The forms in which a caller may name a function: bare, as a partial ARN or as an ARN, with or without a qualifier."""

import re
from dataclasses import dataclass
from typing import Final

from lambent.model.arn import function_arn
from lambent.model.errors import AccessDenied, FunctionNotFound, ResourceNotFound
from lambent.model.partitions import partition_of
from lambent.model.request import Caller

WHOLE_ARN: Final = (
    r"(?!arn:(aws[a-zA-Z-]*)?:lambda:)[\s\S]*|"
    r"arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d:\d{12}:[\s\S]*"
)
"""What a name keeps besides the model's pattern, which has region and account optional: recorded, an ARN is whole or refused."""
_FORM: Final = re.compile(
    r"(?P<arn>arn:(?P<partition>aws[a-zA-Z-]*)?:lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?"
    r"(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)"
    r"(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionName:
    """What a name says; empty where it says nothing."""

    name: str
    partition: str = ""
    region: str = ""
    account_id: str = ""
    qualifier: str = ""

    def demand_reachable(self, caller: Caller, *, operation: str, given: str) -> None:
        """Return when `caller` may mean this function; `given` is the name as the request has it.

        Raises ResourceNotFound for another region or partition, AccessDenied for another account.
        """
        if self.region and self.region != caller.region:
            raise ResourceNotFound(
                f"Functions from '{self.region}' are not reachable in this region ('{caller.region}')"
            )
        if self.partition and self.partition != partition_of(caller.region).name:
            raise FunctionNotFound(given)
        if self.account_id and self.account_id != caller.account_id:
            arn = function_arn(
                region=caller.region,
                account_id=self.account_id,
                name=self.name,
                qualifier=self.qualifier,
            )
            action = f"lambda:{operation}"
            raise AccessDenied(
                f"User: {caller.arn} is not authorized to perform: {action} on resource: {arn} "
                f"because no resource-based policy allows the {action} action"
            )


def parse_function_name(text: str) -> FunctionName | None:
    """What `text` names, None when it is no name of a function."""
    form = _FORM.fullmatch(text)
    if form is None or (form["arn"] and not (form["region"] and form["account"])):
        return None
    return FunctionName(
        name=form["name"],
        partition=form["partition"] or "",
        region=form["region"] or "",
        account_id=form["account"] or "",
        qualifier=form["qualifier"] or "",
    )
