"""The control plane's chain, without a socket."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from lambent.gateway.chain import ControlApplication, Handlers
from lambent.kit.ids import RandomIds
from lambent.model.errors import (
    FunctionNotFound,
    ResourceNotFound,
    TooManyRequests,
    UnrecognizedClient,
)
from lambent.model.limits import MAX_CONTROL_REQUEST_BYTES
from lambent.model.request import Caller, RequestContext
from lambent.services.sts.operations import OPERATIONS
from lambent.wire.models import Models
from tests.fakes.clock import ManualClock
from tests.gateway.exchanges import MemoryExchange

MODELS: Final = Models()
CALLER: Final = Caller(
    account_id="123456789012",
    region="eu-west-1",
    arn="arn:aws:iam::123456789012:root",
    user_id="123456789012",
)
FUNCTIONS: Final = "/2015-03-31/functions"


class OneCaller:
    """An Authenticator that takes everybody for CALLER, but for a request without a signature when it is strict."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self.seen: list[tuple[bytes, bytes, bytes]] = []

    def authenticate(
        self, *, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes
    ) -> Caller:
        self.seen.append((method, target, body))
        if self._strict and b"authorization" not in headers:
            raise UnrecognizedClient("The security token included in the request is invalid.")
        return CALLER


async def get_function(context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
    if members["FunctionName"] == "throttled":
        raise TooManyRequests(
            "CallerRateLimitExceeded", message="Rate exceeded", retry_after_seconds=1
        )
    if members["FunctionName"] == "buggy":
        raise LookupError("a bug")
    if members["FunctionName"] == "drifting":
        return {"Configuraton": {}}
    if members["FunctionName"] == "there":
        return {"Configuration": {"FunctionName": "there", "MemorySize": 128}, "Tags": None}
    arn = f"arn:aws:lambda:{context.region}:{context.account_id}:function:{members['FunctionName']}"
    raise FunctionNotFound(arn)


async def describe_log_groups(_context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
    if members.get("logGroupNamePrefix") == "/nothing":
        raise ResourceNotFound("The specified log group does not exist.")
    return {"logGroups": [{"logGroupName": "/aws/lambda/f", "creationTime": 1}]}


SERVICES: Final[Mapping[str, Handlers]] = {
    "lambda": {"GetFunction": get_function},
    "logs": {"DescribeLogGroups": describe_log_groups},
    "sts": OPERATIONS,
}


async def answer(
    exchange: MemoryExchange, *, authenticator: OneCaller | None = None
) -> MemoryExchange:
    async with asyncio.TaskGroup() as tasks:
        ControlApplication(
            authenticator=authenticator or OneCaller(),
            services=SERVICES,
            models=MODELS,
            ids=RandomIds(),
            clock=ManualClock(),
            tasks=tasks,
        ).begin(exchange)
    return exchange


def client(service: str) -> Any:
    """A real boto3 client whose requests are answered by the chain."""
    made = boto3.client(
        service,
        region_name="eu-west-1",
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        endpoint_url="http://127.0.0.1:4566",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        body = request.body or b""
        exchange = MemoryExchange(
            request.method,
            request.url.removeprefix("http://127.0.0.1:4566"),
            headers={
                k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()
            },
            body=body.encode() if isinstance(body, str) else bytes(body),
        )
        asyncio.run(answer(exchange))
        return AWSResponse(request.url, exchange.status, exchange.headers, Raw(exchange.body))

    made.meta.events.register("before-send", send)
    return made


class Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._body]


def test_boto3_gets_a_function_and_its_request_id() -> None:
    answered = client("lambda").get_function(FunctionName="there")
    assert answered["Configuration"] == {"FunctionName": "there", "MemorySize": 128}
    assert "Tags" not in answered
    assert len(answered["ResponseMetadata"]["RequestId"]) == 36


def test_boto3_raises_a_modelled_error_of_lambda() -> None:
    lambda_ = client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException) as raised:
        lambda_.get_function(FunctionName="f")
    response = raised.value.response
    assert response["Error"]["Message"] == (
        "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:f"
    )
    assert response["Type"] == "User"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_boto3_reads_reason_and_retry_after_of_a_throttle() -> None:
    lambda_ = client("lambda")
    with pytest.raises(lambda_.exceptions.TooManyRequestsException) as raised:
        lambda_.get_function(FunctionName="throttled")
    response = raised.value.response
    assert response["Reason"] == "CallerRateLimitExceeded"
    assert response["retryAfterSeconds"] == "1"
    assert response["message"] == "Rate exceeded"


def test_boto3_asks_sts_who_it_is() -> None:
    identity = client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:root"
    assert identity["UserId"] == "123456789012"


def test_boto3_reads_logs_and_their_errors() -> None:
    logs = client("logs")
    assert logs.describe_log_groups()["logGroups"][0]["logGroupName"] == "/aws/lambda/f"
    with pytest.raises(logs.exceptions.ResourceNotFoundException) as raised:
        logs.describe_log_groups(logGroupNamePrefix="/nothing")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("s3", "list_buckets"),
        ("dynamodb", "list_tables"),
        ("iam", "list_users"),
        ("sqs", "list_queues"),
        ("cloudwatch", "list_metrics"),
        ("apigateway", "get_rest_apis"),
    ],
)
def test_boto3_understands_that_a_service_is_not_here(service: str, call: str) -> None:
    with pytest.raises(ClientError, match="is not in lambent yet") as raised:
        getattr(client(service), call)()
    assert raised.value.response["Error"]["Code"] in {"NotImplementedException", "NotImplemented"}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


async def test_an_operation_that_is_not_built_is_named_before_its_input_is_looked_at() -> None:
    exchange = await answer(MemoryExchange("POST", f"{FUNCTIONS}/a b!/aliases", body=b"no JSON"))
    assert exchange.status == 501
    assert exchange.headers["x-amzn-errortype"] == "NotImplementedException"
    assert json.loads(exchange.body) == {
        "message": "CreateAlias of lambda is not in lambent yet.",
    }


async def test_a_constraint_of_the_model_is_told_in_aws_words() -> None:
    exchange = await answer(MemoryExchange("GET", f"{FUNCTIONS}/a%20b?Qualifier=a%20b"))
    assert exchange.status == 400
    assert exchange.headers["x-amzn-errortype"] == "ValidationException"
    message = json.loads(exchange.body)["message"]
    assert message.startswith("2 validation errors detected: Value 'a b' at 'qualifier' failed")
    assert "; Value 'a b' at 'functionName' failed to satisfy constraint: " in message


async def test_a_request_is_authenticated_as_it_was_sent() -> None:
    authenticator = OneCaller()
    await answer(
        MemoryExchange("GET", f"{FUNCTIONS}/th%65re?x=1", body=b"{}"), authenticator=authenticator
    )
    assert authenticator.seen == [(b"GET", f"{FUNCTIONS}/th%65re?x=1".encode(), b"{}")]


async def test_who_is_refused_learns_nothing_of_the_operation() -> None:
    exchange = await answer(
        MemoryExchange("POST", f"{FUNCTIONS}/f/aliases"), authenticator=OneCaller(strict=True)
    )
    assert exchange.status == 403
    assert exchange.headers["x-amzn-errortype"] == "UnrecognizedClientException"


async def test_a_bug_is_logged_once_and_answers_a_service_exception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    exchange = await answer(MemoryExchange("GET", f"{FUNCTIONS}/buggy"))
    assert exchange.status == 500
    assert exchange.headers["x-amzn-errortype"] == "ServiceException"
    assert json.loads(exchange.body)["Type"] == "Server"
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [str(record.exc_info and record.exc_info[1]) for record in errors] == ["a bug"]


async def test_a_result_that_the_model_does_not_have_is_a_bug() -> None:
    exchange = await answer(MemoryExchange("GET", f"{FUNCTIONS}/drifting"))
    assert exchange.status == 500


async def test_a_body_over_the_limit_names_the_operation() -> None:
    body = bytes(MAX_CONTROL_REQUEST_BYTES + 1)
    exchange = await answer(MemoryExchange("POST", FUNCTIONS, body=body))
    assert exchange.status == 413
    assert exchange.headers["x-amzn-errortype"] == "RequestEntityTooLargeException"
    assert json.loads(exchange.body) == {
        "message": "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    }


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/2015-03-31/nothing"), ("PATCH", FUNCTIONS), ("GET", "/")]
)
async def test_what_no_operation_answers_to_is_an_unknown_operation(
    method: str, target: str
) -> None:
    exchange = await answer(MemoryExchange(method, target))
    assert exchange.status == 404
    assert exchange.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert json.loads(exchange.body)["message"]


async def test_every_answer_is_in_the_access_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    exchange = await answer(MemoryExchange("GET", f"{FUNCTIONS}/there"))
    (record,) = caplog.records
    assert record.getMessage() == "lambda GetFunction 200 0.0 ms"
    assert record.__dict__["request_id"] == exchange.headers["x-amzn-requestid"]
