"""AWS's sentences that many operations share, each with its source."""

from typing import Final

INVALID: Final = "InvalidParameterValueException"
NOT_FOUND: Final = "ResourceNotFoundException"
CONFLICT: Final = "ResourceConflictException"
PRECONDITION: Final = "PreconditionFailedException"

NOT_THERE: Final = "Function not found: {arn}:function:fn"  # reference 01 §8
ELSEWHERE: Final = "Functions from '{other_region}' are not reachable in this region ('{region}')"  # reference 01 §2.1
ELSEWHERE_ARN: Final = "arn:{partition}:lambda:{other_region}:{account}:function:fn"
TWO_QUALIFIERS: Final = "The derived qualifier from the function name does not match the specified qualifier."  # reference 01 §2.1
ONLY_FUNCTIONS: Final = (  # reference 01 §10
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)
STALE: Final = (  # reference 01 §7
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
IS_PENDING: Final = (  # reference 01 §6
    "The operation cannot be performed at this time. The resource {arn}:function:fn is currently in the following "
    "state: 'Pending'. StateReasonCode: 'Creating'"
)
IS_UPDATED: Final = (  # reference 01 §6
    "The operation cannot be performed at this time. An update is in progress for resource: {arn}:function:fn"
)
BAD_MARKER: Final = "The Marker is not one that this operation returned."  # docs/doubts.md
OLD_REVISION: Final = "00000000-0000-0000-0000-000000000000"
