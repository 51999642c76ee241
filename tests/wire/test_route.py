"""Paths to operations."""

import pytest

from lambent.model.errors import UnknownOperation
from lambent.wire.models import Models
from lambent.wire.protocol import Route, WireRequest

LAMBDA = Models().service("lambda")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
ENCODED = ARN.replace(":", "%3A")


def route(method: str, target: str) -> Route:
    return LAMBDA.route(
        WireRequest(method=method.encode(), target=target.encode(), headers={}, body=b"")
    )


@pytest.mark.parametrize(
    ("method", "target", "operation", "labels"),
    [
        ("GET", "/2015-03-31/functions", "ListFunctions", {}),
        ("GET", "/2015-03-31/functions/", "ListFunctions", {}),
        ("GET", "/2015-03-31/functions?Marker=a%2Fb", "ListFunctions", {}),
        ("GET", f"/2015-03-31/functions/{ENCODED}", "GetFunction", {"FunctionName": ARN}),
        ("GET", f"/2015-03-31/functions/{ARN}", "GetFunction", {"FunctionName": ARN}),
        ("GET", f"/2017-03-31/tags/{ENCODED}", "ListTags", {"Resource": ARN}),
        ("GET", "/2018-10-31/layers", "ListLayers", {}),
        ("GET", "/2018-10-31/layers?find=Other", "ListLayers", {}),
        ("GET", "/2018-10-31/layers?find=LayerVersion&Arn=x", "GetLayerVersionByArn", {}),
        ("GET", "/2018-10-31/layers?Arn=x&find=LayerVersion", "GetLayerVersionByArn", {}),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency?List=ALL",
            "ListProvisionedConcurrencyConfigs",
            {"FunctionName": "f"},
        ),
        (
            "GET",
            "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1",
            "GetProvisionedConcurrencyConfig",
            {"FunctionName": "f"},
        ),
        (
            "GET",
            "/2019-09-25/functions/f/event-invoke-config/list",
            "ListFunctionEventInvokeConfigs",
            {"FunctionName": "f"},
        ),
        ("POST", "/2014-11-13/functions/f/invoke-async", "InvokeAsync", {"FunctionName": "f"}),
        ("POST", "/2014-11-13/functions/f/invoke-async/", "InvokeAsync", {"FunctionName": "f"}),
        (
            "GET",
            "/2025-12-01/durable-executions/a%2Fdurable-execution%2Fb%2Fc/history",
            "GetDurableExecutionHistory",
            {"DurableExecutionArn": "a/durable-execution/b/c"},
        ),
        ("GET", "/2015-03-31/functions/%E2%82%AC", "GetFunction", {"FunctionName": "€"}),
        ("GET", "/2015-03-31/functions/a+b", "GetFunction", {"FunctionName": "a+b"}),
        ("GET", "/2015-03-31/functions/%zz", "GetFunction", {"FunctionName": "%zz"}),
        ("GET", "/2015-03-31/functions/%ff", "GetFunction", {"FunctionName": "�"}),
    ],
)
def test_a_path_leads_to_its_operation(
    method: str, target: str, operation: str, labels: dict[str, str]
) -> None:
    assert route(method, target) == Route(operation=operation, labels=labels)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/2015-03-31"),
        ("GET", "/2015-03-31/functions//"),
        ("GET", "/2015-03-31/functions//policy"),
        ("GET", "/2015-03-31/functions/a/b"),
        ("GET", "/2015-03-31%2Ffunctions"),
        ("GET", "/2015-03-31/functions/f/durable%2Fpolicy"),
        ("PATCH", "/2015-03-31/functions"),
        ("DELETE", "/2015-03-31/functions"),
        ("get", "/2015-03-31/functions"),
        ("GET", "/2016-08-19/functions"),
        ("GET", "x/2015-03-31/functions"),
        ("GET", "http://x/2015-03-31/functions"),
    ],
)
def test_any_other_path_or_method_is_an_unknown_operation(method: str, target: str) -> None:
    with pytest.raises(UnknownOperation):
        route(method, target)
