"""The page that tells which operations are built, and what becomes of their inputs."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from lambent.daemon.effects_document import effects_document
from lambent.daemon.golden_pairs import GOLDEN_PAIRS
from lambent.daemon.operations import EFFECTS, ServiceOperations, inputs, operations_page
from lambent.daemon.operations_document import operations_document
from lambent.services.effects import Effects, Fate, Member
from lambent.services.logs.operations import LogsOperations
from lambent.services.sts.operations import OPERATIONS
from lambent.wire.models import Models
from tests.fakes.clock import ManualClock
from tests.fakes.log_events import MemoryLogs
from tests.renew import EFFECTS_FILE, OPERATIONS_FILE
from tests.services.lambda_.bench import Bench


def test_each_operation_of_a_model_is_told_with_whether_it_is_built() -> None:
    members = [
        Member(path="Role", fate=Fate.EFFECTIVE),
        Member(path="Layers", fate=Fate.REFUSED, note="not yet"),
    ]
    page = operations_page(
        {"lambda": ServiceOperations(modelled=["Invoke", "AddPermission"], built={"Invoke"})},
        {"lambda": {"Invoke": members}},
    )
    assert json.loads(page) == {
        "services": {"lambda": {"AddPermission": False, "Invoke": True}},
        "inputs": {
            "lambda": {
                "Invoke": [
                    {"member": "Role", "fate": "effective"},
                    {"member": "Layers", "fate": "refused", "note": "not yet"},
                ]
            }
        },
        "pairs": {"lambda": {}},  # Invoke is tested apart
    }


def test_golden_pairs_are_told_of_what_is_built() -> None:
    services = {"lambda": ServiceOperations(modelled=["GetAlias", "GetPolicy"], built={"GetAlias"})}
    pairs = json.loads(operations_page(services, {}))["pairs"]["lambda"]
    assert list(pairs) == ["GetAlias"]
    assert pairs["GetAlias"]["successes"] > 0


def test_a_handler_for_an_operation_that_aws_has_not_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="Invok"):
        operations_page({"lambda": ServiceOperations(modelled=["Invoke"], built={"Invok"})}, {})


def test_of_every_operation_that_is_built_something_is_said_and_of_no_other() -> None:
    with ThreadPoolExecutor() as pool:
        logs = LogsOperations(reader=MemoryLogs(clock=ManualClock()), pool=pool).handlers()
    built = {
        "lambda": {*Bench().handlers(), "Invoke"},
        "logs": set(logs),
        "sts": set(OPERATIONS),
    }
    assert {service: set(effects) for service, effects in EFFECTS.items()} == built


def test_every_input_member_of_the_models_has_one_fate() -> None:
    members = inputs(Models())["logs"]["GetLogEvents"]
    assert {m.path: m.fate for m in members}["unmask"] is Fate.WITHOUT_EFFECT


@pytest.mark.parametrize("refused", [{}, {"A": "both", "A.B": "both"}])
def test_a_member_without_a_fate_or_with_two_is_a_mistake(refused: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"A\.B has"):
        Effects(refused=refused).members(["A.B"])


def test_the_document_says_what_the_code_says() -> None:
    assert EFFECTS_FILE.read_text(encoding="utf-8") == effects_document(Models()), (
        "renew it: ./lambent renew"
    )


def test_the_document_of_operations_says_what_the_code_says() -> None:
    assert OPERATIONS_FILE.read_text(encoding="utf-8") == operations_document(
        Models(), GOLDEN_PAIRS
    ), "renew it: ./lambent renew"
