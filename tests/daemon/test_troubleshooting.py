"""docs/troubleshooting.md has the program's own sentences, and all that refuse the start."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lambent.daemon import rootless
from lambent.daemon.doctor import examine
from lambent.daemon.host import LinuxHost
from tests.daemon.stage import ROOT
from tests.daemon.test_doctor import MadeUp

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
SOURCE = ROOT / "src" / "lambent"
NOT_OURS = ("Could not connect to the endpoint", "Unable to locate credentials")
REFUSALS = {"StartFailure", "ConfigError"}
TELLING = 12
"""Shorter pieces of a sentence than that are found anywhere."""


@cache
def sentences() -> str:
    """All texts in the code, each with `…` where a value goes, and the launcher."""
    found = [(ROOT / "lambent").read_text("utf-8")]
    for path in SOURCE.rglob("*.py"):
        found += texts(ast.parse(path.read_text("utf-8")))
    return "\n".join(found)


def texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join("".join(texts(part)) or "…" for part in node.values)
    elif isinstance(node, ast.FormattedValue):
        return
    elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def refusals(path: Path) -> Iterator[str]:
    """What `path` says when it refuses the start."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in REFUSALS:
            assert isinstance(node, ast.Call)
            yield from (text for argument in node.args for text in texts(argument))


def pieces(sentence: str) -> list[str]:
    whole = sentence.replace("{launcher}", "…").replace("…", "\0")
    return [piece for piece in re.split(r"\0|\\n|\n|%s|\$\w+|\$\*", whole) if len(piece) >= TELLING]


def symptoms() -> Iterator[str]:
    """What stands as code in the first column of a table."""
    for cell in re.findall(r"^\| (.+?) \|", PAGE, re.MULTILINE):
        yield from re.findall(r"`([^`]+)`", cell)


def test_every_symptom_is_a_sentence_of_the_program() -> None:
    asked = [piece for symptom in symptoms() for piece in pieces(symptom)]
    assert len(asked) > 60
    assert [p for p in asked if p not in sentences() and p not in NOT_OURS] == []


def test_every_refusal_of_the_start_is_on_the_page() -> None:
    said = [text for path in (SOURCE / "daemon").glob("*.py") for text in refusals(path)]
    telling = [text for text in said if pieces(text)]
    assert len(telling) > 15
    assert [t for t in telling if not any(p.strip() in PAGE for p in pieces(t))] == []


def test_every_line_of_doctor_is_on_the_page() -> None:
    found = [*examine(LinuxHost()), *rootless.examine(MadeUp(user=1000, programs=("bwrap",)))]
    for finding in found:
        assert f"| `{finding.what}` |" in PAGE
