import json
from pathlib import Path
from typing import Any

import pytest

from lambent.gateway.health import HealthFacts, HealthPage

FACTS = HealthFacts(
    version="1.2",
    isolation="full",
    isolated=True,
    endpoint="http://127.0.0.1:4566",
    environments=4,
    frozen=1,
    cells={"python3.12": 2},
    cells_lost=3,
    invocations=1,
    runtimes=("python3.12",),
)


def page(status_file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        HealthPage(status_file=status_file, facts=lambda: FACTS)()
    )
    return document


def test_what_the_supervisor_wrote_is_shown_without_itself(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(
        json.dumps(
            {"status": "degraded", "processes": {"edge": 2, "supervisor": 1}, "reason": "control"}
        )
    )
    assert page(tmp_path / "s") == {
        "status": "degraded",
        "reason": "control",
        "version": "1.2",
        "processes": {"edge": 2},
        "isolation": "full",
        "isolated": True,
        "endpoint": "http://127.0.0.1:4566",
        "environments": 4,
        "frozen": 1,
        "cells": {"python3.12": 2},
        "cells_lost": 3,
        "invocations": 1,
        "runtimes": ["python3.12"],
    }


@pytest.mark.parametrize("text", [None, "", "{", "[]", "\xff", '{"processes": 3}'])
def test_before_it_wrote_anything_we_are_starting(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "s").write_text(text, encoding="latin-1")
    assert page(tmp_path / "s")["status"] == "starting"
    assert page(tmp_path / "s")["processes"] == {}
