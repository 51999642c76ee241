"""AWS's sentences about broken constraints, as recorded."""

import warnings
from typing import Any

import pytest
import regex  # type: ignore[import-untyped]  # ships no types; types-regex is not in our lock

from lambent.model.errors import ServiceError, ValidationFailed
from lambent.wire.constraints import compile_pattern
from lambent.wire.models import Models
from lambent.wire.validate import InvalidParameter
from tests.wire.botocore_side import LOADER

MODELS = Models()
CODE = {"ZipFile": b"x"}
ROLE = "arn:aws:iam::123456789012:role/r"
CREATE: dict[str, Any] = {"FunctionName": "f", "Role": ROLE, "Code": CODE}
ROLE_PATTERN = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
ONE = "1 validation error detected: "


def refusal(operation: str, members: dict[str, Any], *, service: str = "lambda") -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        MODELS.service(service).validate(operation, members)
    return raised.value


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        (
            "CreateFunction",
            CREATE | {"MemorySize": 2},
            "Value '2' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
        ),
        (
            "CreateFunction",
            CREATE | {"Timeout": 901},
            "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
        ),
        (
            "CreateFunction",
            CREATE | {"Role": "r"},
            f"Value 'r' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: {ROLE_PATTERN}",
        ),
        (
            "CreateFunction",
            CREATE | {"KMSKeyArn": "key"},
            (
                "Value 'key' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"
            ),
        ),
        (
            "CreateFunction",
            CREATE | {"Architectures": ["foo"]},
            (
                "Value '[foo]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: "
                "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
            ),
        ),
        (
            "CreateFunction",
            CREATE | {"Architectures": ["x86_64", "arm64"]},
            "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
        ),
        (
            "CreateFunction",
            CREATE | {"SnapStart": {"ApplyOn": "x"}},
            "Value 'x' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]",
        ),
        (
            "CreateFunction",
            CREATE | {"EphemeralStorage": {}},
            "Value null at 'ephemeralStorage.size' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateFunction",
            CREATE | {"Environment": {"Variables": {"A-B": "secret"}}},
            (
                "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: "
                "[Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"
            ),
        ),
        (
            "CreateFunctionUrlConfig",
            {"FunctionName": "f", "AuthType": "NONE", "Cors": {"AllowMethods": ["GET", "OPTIONS"]}},
            (
                "Value '[GET, OPTIONS]' at 'cors.allowMethods' failed to satisfy constraint: Member must satisfy constraint: "
                "[Member must have length less than or equal to 6, Member must have length greater than or equal to 0, "
                "Member must satisfy regular expression pattern: .*, Member must not be null]"
            ),
        ),
        (
            "CreateFunctionUrlConfig",
            {"FunctionName": "f", "AuthType": "NONE", "InvokeMode": "x"},
            "Value 'x' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
        ),
        (
            "PutFunctionRecursionConfig",
            {"FunctionName": "f", "RecursiveLoop": "x"},
            "Value 'x' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]",
        ),
        (
            "CreateEventSourceMapping",
            {"FunctionName": "f", "StartingPosition": "x"},
            (
                "Value 'x' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: "
                "[LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
            ),
        ),
        (
            "ListFunctions",
            {"FunctionVersion": "x"},
            "Value 'x' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
        ),
        (
            "UntagResource",
            {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"},
            "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateAlias",
            {
                "FunctionName": "f",
                "Name": "a",
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}},
            },
            (
                "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
                "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
                "Member must have length greater than or equal to 1, "
                "Member must satisfy regular expression pattern: [0-9]+, Member must not be null]"
            ),
        ),
        (
            "CreateAlias",
            {
                "FunctionName": "f",
                "Name": "a",
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"2": 2.0}},
            },
            (
                "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                "Member must have value greater than or equal to 0.0, Member must not be null]"
            ),
        ),
    ],
)
def test_one_breach(operation: str, members: dict[str, Any], message: str) -> None:
    error = refusal(operation, members)
    assert isinstance(error, ValidationFailed)
    assert error.message == ONE + message


def test_several_are_counted_and_come_in_the_reverse_of_the_models_order() -> None:
    message = refusal("GetFunction", {"FunctionName": "a b", "Qualifier": "c d"}).message
    assert message.startswith("2 validation errors detected: Value 'c d' at 'qualifier' failed")
    assert "; Value 'a b' at 'functionName' failed to satisfy constraint: " in message


@pytest.mark.parametrize("operation", ["GetFunction", "DeleteFunction", "UpdateFunctionCode"])
@pytest.mark.parametrize("rest", ["hello", "us-east-1:hello", "000000000000:function:hello"])
def test_an_arn_is_whole_or_breaks_the_pattern(operation: str, rest: str) -> None:
    error = refusal(operation, {"FunctionName": f"arn:aws:lambda:{rest}"})
    assert error.message.startswith(
        f"1 validation error detected: Value 'arn:aws:lambda:{rest}' at 'functionName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: (arn:"
    )


def test_a_name_that_fits_neither_pattern_nor_length_is_told_both() -> None:
    message = refusal("CreateFunction", CREATE | {"FunctionName": "!" * 141}).message
    pattern, length = message.split("; ")
    assert pattern.startswith(
        f"2 validation errors detected: Value '{'!' * 141}' at 'functionName'"
    )
    assert "regular expression pattern" in pattern
    assert length.endswith("Member must have length less than or equal to 140")


def test_an_empty_request_lacks_every_required_member() -> None:
    message = refusal("CreateFunction", {}).message
    assert message == "3 validation errors detected: " + "; ".join(
        f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        for name in ("code", "role", "functionName")
    )


def test_a_null_among_a_lists_elements_is_a_breach() -> None:
    message = refusal("CreateFunction", CREATE | {"Layers": [None]}).message
    assert message.startswith(f"{ONE}Value '[null]' at 'layers' failed to satisfy constraint: ")


def test_an_element_that_is_a_structure_is_numbered_from_one() -> None:
    members = CREATE | {"FileSystemConfigs": [{"Arn": "", "LocalMountPath": "/data"}]}
    message = refusal("CreateFunction", members).message
    assert "Value '/data' at 'fileSystemConfigs.1.member.localMountPath' failed" in message
    assert "Value '' at 'fileSystemConfigs.1.member.arn' failed" in message


def test_structures_are_printed_as_java_prints_them() -> None:
    one = {"Arn": "a", "LocalMountPath": "/mnt/a"}
    message = refusal("CreateFunction", CREATE | {"FileSystemConfigs": [one, one]}).message
    shown = "FileSystemConfig(arn=a, localMountPath=/mnt/a, s3FilesConfig=null)"
    assert f"Value '[{shown}, {shown}]' at 'fileSystemConfigs' failed" in message


def test_a_runtime_is_left_to_the_service_which_has_other_words_for_it() -> None:
    MODELS.service("lambda").validate("CreateFunction", CREATE | {"Runtime": "cobol85"})


def test_what_is_right_passes() -> None:
    MODELS.service("lambda").validate(
        "CreateFunction",
        CREATE
        | {
            "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Tags": {"schön": "ü/1"},
            "Environment": {"Variables": {"A_1": ""}},
            "MemorySize": 128,
        },
    )


def test_a_layers_architectures_are_the_services_to_judge() -> None:
    """Recorded: they are refused together with its runtimes, in other words; their number is the model's."""
    layer: dict[str, Any] = {"LayerName": "l", "Content": {"ZipFile": b"z"}}
    unknown = layer | {"CompatibleArchitectures": ["mips"]}
    MODELS.service("lambda").validate("PublishLayerVersion", unknown)
    three = refusal("PublishLayerVersion", layer | {"CompatibleArchitectures": ["arm64"] * 3})
    assert three.message == (
        ONE
        + "Value '[arm64, arm64, arm64]' at 'compatibleArchitectures' failed to satisfy constraint: "
        "Member must have length less than or equal to 2"
    )


def test_logs_has_its_own_error_and_repeats_no_value() -> None:
    error = refusal("DescribeLogStreams", {"logGroupName": "C:/x"}, service="logs")
    assert isinstance(error, InvalidParameter)
    assert error.message == (
        ONE + "Value at 'logGroupName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
    )


def test_a_text_of_megabytes_is_refused_for_its_length_alone() -> None:
    message = refusal("GetFunction", {"FunctionName": "a" * 2_000_000}).message
    assert message.startswith(f"{ONE}Value 'aaa")
    assert message.endswith("Member must have length less than or equal to 256")


@pytest.mark.parametrize("service", ["lambda", "logs", "sts"])
def test_every_pattern_of_the_model_compiles_without_a_warning(service: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for shape in LOADER.load_service_model(service, "service-2")["shapes"].values():
            compile_pattern(shape.get("pattern", ""))


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"\d{2}", "12", True),
        (r"\d{2}", "١٢", False),
        (r"[\w-_]+", "a-_9", True),
        (r"[\w-_]+", "é", False),
        (r"\w+", "a_9", True),
        (r"\w", "-", False),
        (r"[\w+=,.@-]*", "a+=,.@-", True),
        (r"[\p{L}\d]+", "é1", True),
        (r"\\d", r"\d", True),
        (r"[^\d]", "x", True),
        (r"[^\d]", "1", False),
    ],
)
def test_digits_and_word_characters_are_ascii_as_in_java(
    pattern: str, text: str, *, fits: bool
) -> None:
    compiled: regex.Pattern[str] = compile_pattern(pattern)
    assert (compiled.fullmatch(text) is not None) is fits
