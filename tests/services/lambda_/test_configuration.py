"""GetFunctionConfiguration and UpdateFunctionConfiguration (reference 01 §4, §7)."""

from typing import Any

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, golden, refused

UPDATE = "UpdateFunctionConfiguration"


async def test_get_shows_what_create_answered(bench: Bench) -> None:
    created = await bench.create()
    assert await bench.call("GetFunctionConfiguration", FunctionName="fn") == created
    qualified = await bench.call("GetFunctionConfiguration", FunctionName="fn:$LATEST")
    assert qualified == created | {"FunctionArn": bench.arn("fn:$LATEST")}


async def test_what_is_given_changes_and_what_is_not_stays(bench: Bench) -> None:
    await bench.create_active(
        Description="before", Environment={"Variables": {"OLD": "1"}}, Tags={"t": "1"}
    )
    answer = await bench.call(UPDATE, FunctionName="fn", Timeout=30, Runtime="nodejs22.x")
    assert answer == golden(
        bench,
        Description="before",
        Environment={"Variables": {"OLD": "1"}},
        Timeout=30,
        Runtime="nodejs22.x",
        RuntimeVersionConfig=None,
        RevisionId="00000000-0000-4000-8000-000000000003",
        State="Active",
        StateReason=None,
        StateReasonCode=None,
        LastUpdateStatus="InProgress",
        LastUpdateStatusReason="The function is being created.",
        LastUpdateStatusReasonCode="Creating",
    )
    assert (await bench.call("GetFunction", FunctionName="fn"))["Tags"] == {"t": "1"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Role", "arn:aws:iam::123456789012:role/other"),
        ("Handler", "other.handler"),
        ("Description", ""),
        ("Description", "new"),
        ("Timeout", 900),
        ("MemorySize", 256),
        ("Runtime", "nodejs22.x"),
        ("Environment", {"Variables": {"NEW": "2"}}),
        ("Environment", {"Variables": {}}),
        ("EphemeralStorage", {"Size": 1024}),
    ],
)
async def test_each_setting_is_shown_as_it_was_given(bench: Bench, member: str, value: Any) -> None:
    await bench.create_active(Description="old", Environment={"Variables": {"OLD": "1"}})
    assert (await bench.call(UPDATE, FunctionName="fn", **{member: value}))[member] == value
    await bench.settle()
    shown = await bench.call("GetFunctionConfiguration", FunctionName="fn")
    assert (shown[member], shown["LastUpdateStatus"]) == (value, "Successful")


async def test_a_chosen_log_group_stays_when_only_the_format_is_given(bench: Bench) -> None:
    await bench.create_active()
    await bench.call(UPDATE, FunctionName="fn", LoggingConfig={"LogGroup": "/mine"})
    await bench.settle()
    answer = await bench.call(UPDATE, FunctionName="fn", LoggingConfig={"LogFormat": "Text"})
    assert answer["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/mine"}


async def test_an_update_without_any_change_is_one(bench: Bench) -> None:
    active = await bench.create_active()
    answer = await bench.call(UPDATE, FunctionName="fn")
    assert answer["LastUpdateStatus"] == "InProgress"
    assert answer["RevisionId"] != active.revision_id


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"LoggingConfig": {"ApplicationLogLevel": "INFO"}},
            (
                'LogLevel is not supported when LogFormat is set to "Text". '
                'Remove LogLevel from your request or change the LogFormat to "JSON" and try again.'
            ),
        ),
        (
            {"ImageConfig": {"Command": ["x"]}},
            "lambent does not run container images yet: leave ImageConfig out.",
        ),
        (
            {"Timeout": 901},
            "'Timeout' value failed to satisfy constraint: Member must have value less than or equal to 900",
        ),
    ],
)
async def test_what_has_no_effect_or_is_wrong_is_refused(
    bench: Bench, members: dict[str, Any], text: str
) -> None:
    await bench.create_active()
    assert await refused(bench, UPDATE, FunctionName="fn", **members) == (INVALID, text, 400)
