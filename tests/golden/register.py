"""All golden pairs, and which errors of the model no pair can show, with the reason."""

from collections.abc import Mapping
from typing import Final

from tests.golden import account, functions, versions
from tests.golden.case import Case

CASES: Final[tuple[Case, ...]] = (*functions.CASES, *versions.CASES, *account.CASES)

ELSEWHERE: Final[Mapping[str, str]] = {"Invoke": "tests/gateway/test_invoke.py"}
"""Operations whose pairs stand in a test of their own."""

NEVER: Final[Mapping[str, str]] = {
    "ServiceException": "a bug of ours, and nothing else, is answered so: tests/gateway/test_chain.py",
    "TooManyRequestsException": "calls of the control plane are not throttled",
    "CodeStorageExceededException": "the disk is the limit, and a full one answers ServiceException",
    "FunctionVersionsPerCapacityProviderLimitExceededException": "there are no capacity providers",
    "CodeVerificationFailedException": "signatures are never verified, so that all fail as unsigned",
    "AliasLimitExceededException": "AWS's limit is not published",
}
"""Errors that no operation answers here, and why."""

NEVER_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateFunction": {},
}
"""The same of single operations."""
