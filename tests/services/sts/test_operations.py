"""STS says who the caller is."""

from lambent.model.request import Caller, RequestContext
from lambent.services.sts.operations import OPERATIONS

CALLER = Caller(
    account_id="000000000000",
    region="cn-north-1",
    arn="arn:aws-cn:sts::000000000000:assumed-role/r/f",
    user_id="AROA:f",
)


async def test_the_identity_is_the_authenticators() -> None:
    context = RequestContext(request_id="r", caller=CALLER, host="h")
    assert await OPERATIONS["GetCallerIdentity"](context, {}) == {
        "UserId": "AROA:f",
        "Account": "000000000000",
        "Arn": "arn:aws-cn:sts::000000000000:assumed-role/r/f",
    }
