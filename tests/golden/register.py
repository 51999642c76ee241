"""All golden pairs, and which errors of the model no pair can show, with the reason."""

from collections.abc import Mapping
from typing import Final

from tests.golden import (
    absent,
    account,
    concurrency,
    function_layers,
    functions,
    layers,
    mappings,
    policies,
    settings,
    signing,
    versions,
)
from tests.golden.case import Case
from tests.golden.names import two_qualifiers

_WRITTEN: Final[tuple[Case, ...]] = (
    *functions.CASES,
    *versions.CASES,
    *account.CASES,
    *concurrency.CASES,
    *policies.CASES,
    *settings.CASES,
    *signing.CASES,
    *layers.CASES,
    *function_layers.CASES,
    *mappings.CASES,
    *absent.CASES,
)
CASES: Final[tuple[Case, ...]] = (*_WRITTEN, *two_qualifiers(_WRITTEN))

ELSEWHERE: Final[Mapping[str, str]] = {"Invoke": "tests/gateway/test_invoke.py"}
"""Operations whose pairs stand in a test of their own."""

NEVER: Final[Mapping[str, str]] = {
    "ServiceException": "only a bug of ours is answered so: tests/gateway/test_chain.py",
    "TooManyRequestsException": "calls of the control plane are not throttled",
    "CodeStorageExceededException": "only with 75 GB of packages: tests/services/lambda_/test_layers.py",
    "FunctionVersionsPerCapacityProviderLimitExceededException": "there are no capacity providers",
    "CapacityProviderLimitExceededException": "there are no capacity providers",
    "CodeVerificationFailedException": "signatures are never verified: all packages count as unsigned",
    "AliasLimitExceededException": "AWS's limit is not published",
    "PublicPolicyException": "public access cannot be blocked here",
    "KMSAccessDeniedException": "there is no KMS here",
    "KMSDisabledException": "there is no KMS here",
    "KMSInvalidStateException": "there is no KMS here",
    "KMSNotFoundException": "there is no KMS here",
    "ResourceInUseException": "no mapping is ever busy: each change is done when it is answered",
}
"""Errors that no pair shows, and why."""

_CONFLICT: Final = {
    "ResourceConflictException": "of two changes at once both are done, one after the other"
}
_INVALID: Final = {
    "InvalidParameterValueException": "nothing in its input is judged but by the model"
}
_NO_CONFIG: Final = {
    "CodeSigningConfigNotFoundException": "one that a function has cannot be deleted"
}
_NO_SUCCESS: Final = {"": "there is none of these here: it can only say so"}

NEVER_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "AddLayerVersionPermission": {
        "PolicyLengthExceededException": "its text says a size that differs by region: tests/services/lambda_/test_layer_policies.py"
    },
    "DeleteAlias": _CONFLICT | _INVALID,
    "GetAlias": _INVALID,
    "PutFunctionConcurrency": _CONFLICT,
    "DeleteFunctionConcurrency": _CONFLICT,
    "DeleteProvisionedConcurrencyConfig": _CONFLICT,
    "TagResource": _CONFLICT,
    "UntagResource": _CONFLICT,
    "DeleteResourcePolicy": _CONFLICT | _INVALID,
    "GetResourcePolicy": _INVALID,
    "PutResourcePolicy": _CONFLICT,
    "DeleteFunctionEventInvokeConfig": _CONFLICT,
    "PutFunctionEventInvokeConfig": _CONFLICT,
    "UpdateFunctionEventInvokeConfig": _CONFLICT,
    "DeleteFunctionUrlConfig": _CONFLICT,
    "UpdateFunctionUrlConfig": _CONFLICT,
    "GetFunctionRecursionConfig": _INVALID,
    "PutFunctionRecursionConfig": _CONFLICT | _INVALID,
    "PutRuntimeManagementConfig": _CONFLICT,
    "DeleteCodeSigningConfig": _INVALID,
    "GetCodeSigningConfig": _INVALID,
    "UpdateCodeSigningConfig": _INVALID,
    "PutFunctionCodeSigningConfig": _CONFLICT,
    "GetFunctionCodeSigningConfig": _NO_CONFIG,
    "DeleteFunctionCodeSigningConfig": _CONFLICT | _NO_CONFIG,
    "UpdateFunctionCode": _NO_CONFIG,
    "UpdateFunctionConfiguration": _NO_CONFIG,
    "RemoveLayerVersionPermission": _CONFLICT,
    "GetEventSourceMapping": _INVALID,
    "ListEventSourceMappings": {
        "ResourceNotFoundException": "the function need not be there: another region's alone is none"
    },
    "DeleteEventSourceMapping": _CONFLICT | _INVALID,
    "GetCapacityProvider": _NO_SUCCESS | _INVALID,
    "UpdateCapacityProvider": _NO_SUCCESS | _INVALID | _CONFLICT,
    "DeleteCapacityProvider": _NO_SUCCESS | _INVALID | _CONFLICT,
    "ListFunctionVersionsByCapacityProvider": _NO_SUCCESS | _INVALID,
    "GetDurableExecution": _NO_SUCCESS | _INVALID,
    "GetDurableExecutionHistory": _NO_SUCCESS | _INVALID,
    "GetFunctionScalingConfig": _NO_SUCCESS,
    "PutFunctionScalingConfig": _NO_SUCCESS | _CONFLICT,
}
"""The same of single operations; '' is success."""
