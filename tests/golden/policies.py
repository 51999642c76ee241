"""Golden pairs of resource policies (reference 01 §8, §11)."""

import json
from typing import Any, Final

from tests.golden.case import UUID, Case, Like, answers, refuses, step
from tests.golden.texts import (
    CONFLICT,
    INVALID,
    NOT_FOUND,
    NOT_THERE,
    OLD_REVISION,
    PRECONDITION,
    STALE,
)
from tests.golden.worlds import ACTIVE, ALIASED, FN

_ADD: Final[dict[str, Any]] = {
    "FunctionName": "fn",
    "StatementId": "s3",
    "Action": "lambda:InvokeFunction",
    "Principal": "s3.amazonaws.com",
}
_ALLOWED: Final = [*ACTIVE, step("AddPermission", **_ADD)]
_STATEMENT: Final = (
    '{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},'
    f'"Action":"lambda:InvokeFunction","Resource":"{FN}"}}'
)
_POLICY: Final = f'{{"Version":"2012-10-17","Id":"default","Statement":[{_STATEMENT}]}}'
_GIVEN_POLICY: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "lambda:InvokeFunction",
                "Resource": FN,
            }
        ],
    }
)
_LONG: Final = _GIVEN_POLICY.replace('"Effect"', f'"Sid": "{"x" * 20_200}", "Effect"')
_TOO_LONG: Final = Like(
    pattern=r"The final policy size \(\d{5}\) is bigger than the limit \(20480\)\."
)
_MISSING: Final = "The resource you requested does not exist."
_REMOVE: Final[dict[str, Any]] = {"FunctionName": "fn", "StatementId": "s3"}
_OF_LATEST: Final = "We currently do not support adding policies for $LATEST."
_STALE_POLICY: Final = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetResourcePolicy API to retrieve the latest Revision Id"
)


def _principal(given: str, shown: str, *, shows: str) -> Case:
    return answers(
        "AddPermission",
        {"Statement": _STATEMENT.replace('{"Service":"s3.amazonaws.com"}', shown)},
        shows=shows,
        status=201,
        source="reference 01 §11",
        after=ACTIVE,
        **(_ADD | {"Principal": given}),
    )


_STATEMENTS: Final = (
    answers(
        "AddPermission",
        {"Statement": _STATEMENT},
        status=201,
        source="reference 01 §11",
        after=ACTIVE,
        **_ADD,
    ),
    _principal("*", '"*"', shows="everybody"),
    _principal(
        "{other_account}",
        '{"AWS":"arn:{partition}:iam::{other_account}:root"}',
        shows="an account",
    ),
    answers(
        "AddPermission",
        {
            "Statement": _STATEMENT[:-1].replace(f'"{FN}"', f'"{FN}:live"')
            + ',"Condition":{"StringEquals":{"AWS:SourceAccount":"{other_account}"},'
            '"ArnLike":{"AWS:SourceArn":"arn:{partition}:s3:::b"}}}'
        },
        shows="conditions, of an alias",
        status=201,
        source="reference 01 §11",
        after=ALIASED,
        Qualifier="live",
        SourceAccount="{other_account}",
        SourceArn="arn:{partition}:s3:::b",
        **_ADD,
    ),
    refuses(
        "AddPermission",
        INVALID,
        "The provided principal was invalid. Please check the principal and try again.",
        shows="nobody",
        source="reference 01 §11",
        after=ACTIVE,
        **(_ADD | {"Principal": "nobody"}),
    ),
    refuses(
        "AddPermission",
        INVALID,
        _OF_LATEST,
        shows="$LATEST",
        source="reference 01 §11",
        after=ACTIVE,
        Qualifier="$LATEST",
        **_ADD,
    ),
    refuses(
        "AddPermission",
        CONFLICT,
        "The statement id (s3) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.",
        shows="a name that is taken",
        source="reference 01 §11",
        after=_ALLOWED,
        **_ADD,
    ),
    refuses(
        "AddPermission",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="reference 01 §8",
        **_ADD,
    ),
    refuses(
        "AddPermission",
        NOT_FOUND,
        f"Cannot find alias arn: {FN}:blue",
        shows="no such alias",
        source="reference 01 §11",
        after=ACTIVE,
        Qualifier="blue",
        **_ADD,
    ),
    refuses(
        "AddPermission",
        PRECONDITION,
        STALE,
        shows="a stale revision",
        source="reference 01 §7",
        after=ACTIVE,
        RevisionId=OLD_REVISION,
        **_ADD,
    ),
    refuses(
        "AddPermission",
        "PolicyLengthExceededException",
        _TOO_LONG,
        shows="too long with what there is",
        source="reference 01 §11; the words were seen by users",
        after=[*ACTIVE, step("PutResourcePolicy", ResourceArn=FN, Policy=_LONG)],
        **_ADD,
    ),
    refuses(
        "PutResourcePolicy",
        "PolicyLengthExceededException",
        _TOO_LONG,
        shows="as many characters as may be, but more bytes",
        source="reference 01 §11; the words were seen by users",
        after=ACTIVE,
        ResourceArn=FN,
        Policy=_LONG.replace("x", "é"),
    ),
    answers(
        "GetPolicy",
        {"Policy": _POLICY, "RevisionId": UUID},
        source="reference 01 §11",
        after=_ALLOWED,
        FunctionName="fn",
    ),
    refuses(
        "GetPolicy",
        NOT_FOUND,
        _MISSING,
        shows="no policy",
        source="reference 01 §8",
        after=ACTIVE,
        FunctionName="fn",
    ),
    answers(
        "RemovePermission",
        None,
        status=204,
        source="reference 01 §3",
        after=_ALLOWED,
        **_REMOVE,
    ),
    refuses(
        "RemovePermission",
        NOT_FOUND,
        "No policy is associated with the given resource.",
        shows="no policy",
        source="reference 01 §8",
        after=ACTIVE,
        **_REMOVE,
    ),
    refuses(
        "RemovePermission",
        NOT_FOUND,
        "Statement sns is not found in resource policy.",
        shows="no such statement",
        source="reference 01 §8",
        after=_ALLOWED,
        **(_REMOVE | {"StatementId": "sns"}),
    ),
    refuses(
        "RemovePermission",
        NOT_FOUND,
        f"No policy found for: {FN}",
        shows="no such function",
        source="reference 01 §8",
        **_REMOVE,
    ),
    refuses(
        "RemovePermission",
        PRECONDITION,
        STALE,
        shows="a stale revision",
        source="reference 01 §7",
        after=_ALLOWED,
        RevisionId=OLD_REVISION,
        **_REMOVE,
    ),
)

_GIVEN: Final[dict[str, dict[str, Any]]] = {
    "PutResourcePolicy": {"ResourceArn": FN, "Policy": _GIVEN_POLICY},
    "GetResourcePolicy": {"ResourceArn": FN},
    "DeleteResourcePolicy": {"ResourceArn": FN},
}
_PUT: Final = [*ACTIVE, step("PutResourcePolicy", **_GIVEN["PutResourcePolicy"])]

_DOCUMENTS: Final = (
    answers(
        "PutResourcePolicy",
        {"Policy": _GIVEN_POLICY, "RevisionId": UUID},
        source="reference 01 §11, botocore model",
        after=_ALLOWED,
        **_GIVEN["PutResourcePolicy"],
    ),
    refuses(
        "PutResourcePolicy",
        INVALID,
        "The policy is malformed: it is not valid JSON.",
        shows="no JSON",
        source="docs/doubts.md",
        after=ACTIVE,
        ResourceArn=FN,
        Policy="{",
    ),
    answers(
        "GetResourcePolicy",
        {"Policy": _GIVEN_POLICY, "RevisionId": UUID},
        source="reference 01 §11, botocore model",
        after=_PUT,
        **_GIVEN["GetResourcePolicy"],
    ),
    answers(
        "DeleteResourcePolicy",
        None,
        status=204,
        source="reference 01 §3",
        after=_PUT,
        **_GIVEN["DeleteResourcePolicy"],
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            _MISSING,
            shows="no policy",
            source="reference 01 §8, of GetPolicy",
            after=ACTIVE,
            **_GIVEN[operation],
        )
        for operation in ("GetResourcePolicy", "DeleteResourcePolicy")
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            NOT_THERE,
            shows="no such function",
            source="reference 01 §8",
            **members,
        )
        for operation, members in _GIVEN.items()
    ),
    *(
        refuses(
            operation,
            PRECONDITION,
            _STALE_POLICY,
            shows="a stale revision",
            source="reference 01 §11, docs/doubts.md",
            after=_PUT,
            RevisionId=OLD_REVISION,
            **_GIVEN[operation],
        )
        for operation in ("PutResourcePolicy", "DeleteResourcePolicy")
    ),
)

CASES: Final[tuple[Case, ...]] = (*_STATEMENTS, *_DOCUMENTS)
