"""What becomes of the input of the operations on policies and on the small configuration resources."""

from collections.abc import Mapping
from typing import Final

from lambent.services.effects import Effects

_NAMED: Final = frozenset({"FunctionName", "Qualifier"})
_PAGED: Final = frozenset({"Marker", "MaxItems"})
_NO_EVENTS: Final = "Functions are not called asynchronously yet: it is kept and shown."
_NO_URLS: Final = (
    "Function URLs are not served yet: nothing answers at the address; it is kept and shown."
)
_NO_POLICIES: Final = "Policies decide nothing yet: whoever reaches the endpoint with a key of the account may call its functions."
_NO_SIGNATURES: Final = "Signatures are not verified yet: an enforced configuration lets nothing be deployed, whoever has signed it."
_OWN_RUNTIME: Final = "A function runs on the host's version of its runtime, and changes with it; another version is refused."
_NO_LOOPS: Final = "Loops are not detected yet: none is ended."
_NO_PROVIDERS: Final = "There are no capacity providers here."

_EVENTS: Final = dict.fromkeys(
    ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"), _NO_EVENTS
)
_URL: Final = dict.fromkeys(("AuthType", "Cors", "InvokeMode"), _NO_URLS)
_STATEMENT: Final = dict.fromkeys(
    (
        "Action",
        "Principal",
        "SourceArn",
        "SourceAccount",
        "EventSourceToken",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
        "PrincipalOrgID",
    ),
    _NO_POLICIES,
)

SETTINGS: Final[Mapping[str, Effects]] = {
    "AddPermission": Effects(
        effective=_NAMED | {"StatementId", "RevisionId"}, without_effect=_STATEMENT
    ),
    "RemovePermission": Effects(effective=_NAMED | {"StatementId", "RevisionId"}),
    "GetPolicy": Effects(effective=_NAMED),
    "PutResourcePolicy": Effects(
        effective=frozenset({"ResourceArn", "RevisionId"}), without_effect={"Policy": _NO_POLICIES}
    ),
    "GetResourcePolicy": Effects(effective=frozenset({"ResourceArn"})),
    "DeleteResourcePolicy": Effects(effective=frozenset({"ResourceArn", "RevisionId"})),
    "PutFunctionEventInvokeConfig": Effects(effective=_NAMED, without_effect=_EVENTS),
    "UpdateFunctionEventInvokeConfig": Effects(effective=_NAMED, without_effect=_EVENTS),
    "GetFunctionEventInvokeConfig": Effects(effective=_NAMED),
    "DeleteFunctionEventInvokeConfig": Effects(effective=_NAMED),
    "ListFunctionEventInvokeConfigs": Effects(effective=_PAGED | {"FunctionName"}),
    "CreateFunctionUrlConfig": Effects(effective=_NAMED, without_effect=_URL),
    "UpdateFunctionUrlConfig": Effects(effective=_NAMED, without_effect=_URL),
    "GetFunctionUrlConfig": Effects(effective=_NAMED),
    "DeleteFunctionUrlConfig": Effects(effective=_NAMED),
    "ListFunctionUrlConfigs": Effects(effective=_PAGED | {"FunctionName"}),
    "CreateCodeSigningConfig": Effects(
        effective=frozenset({"Description", "CodeSigningPolicies", "Tags"}),
        without_effect={"AllowedPublishers": _NO_SIGNATURES},
    ),
    "UpdateCodeSigningConfig": Effects(
        effective=frozenset({"CodeSigningConfigArn", "Description", "CodeSigningPolicies"}),
        without_effect={"AllowedPublishers": _NO_SIGNATURES},
    ),
    "GetCodeSigningConfig": Effects(effective=frozenset({"CodeSigningConfigArn"})),
    "DeleteCodeSigningConfig": Effects(effective=frozenset({"CodeSigningConfigArn"})),
    "ListCodeSigningConfigs": Effects(effective=_PAGED),
    "ListFunctionsByCodeSigningConfig": Effects(effective=_PAGED | {"CodeSigningConfigArn"}),
    "PutFunctionCodeSigningConfig": Effects(
        effective=frozenset({"FunctionName", "CodeSigningConfigArn"})
    ),
    "GetFunctionCodeSigningConfig": Effects(effective=frozenset({"FunctionName"})),
    "DeleteFunctionCodeSigningConfig": Effects(effective=frozenset({"FunctionName"})),
    "GetFunctionRecursionConfig": Effects(effective=frozenset({"FunctionName"})),
    "PutFunctionRecursionConfig": Effects(
        effective=frozenset({"FunctionName"}), without_effect={"RecursiveLoop": _NO_LOOPS}
    ),
    "GetRuntimeManagementConfig": Effects(effective=_NAMED),
    "PutRuntimeManagementConfig": Effects(
        effective=_NAMED,
        without_effect=dict.fromkeys(("UpdateRuntimeOn", "RuntimeVersionArn"), _OWN_RUNTIME),
    ),
    "GetFunctionScalingConfig": Effects(effective=_NAMED),
    "PutFunctionScalingConfig": Effects(
        effective=_NAMED, refused={"FunctionScalingConfig": _NO_PROVIDERS}
    ),
    "GetCapacityProvider": Effects(effective=frozenset({"CapacityProviderName"})),
    "UpdateCapacityProvider": Effects(
        effective=frozenset({"CapacityProviderName"}),
        refused=dict.fromkeys(
            ("CapacityProviderScalingConfig", "PropagateTags", "TelemetryConfig"), _NO_PROVIDERS
        ),
    ),
    "DeleteCapacityProvider": Effects(effective=frozenset({"CapacityProviderName"})),
    "ListCapacityProviders": Effects(effective=_PAGED | {"State"}),
    "ListFunctionVersionsByCapacityProvider": Effects(effective=_PAGED | {"CapacityProviderName"}),
    "ListDurableExecutionsByFunction": Effects(
        effective=_NAMED
        | _PAGED
        | {"DurableExecutionName", "Statuses", "StartedAfter", "StartedBefore", "ReverseOrder"}
    ),
    "GetDurableExecution": Effects(
        effective=frozenset({"DurableExecutionArn", "IncludeExecutionData"})
    ),
    "GetDurableExecutionHistory": Effects(
        effective=_PAGED | {"DurableExecutionArn", "IncludeExecutionData", "ReverseOrder"}
    ),
}
