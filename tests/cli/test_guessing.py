"""Runtime and handler of a folder, by what is in it."""

from pathlib import Path

import pytest

from lambent.cli.failure import CommandFailure
from lambent.cli.guessing import guessed_handler, guessed_runtime

INSTALLED = (
    *("python3.9", "python3.13", "nodejs18.x", "nodejs22.x", "provided.al2", "provided.al2023"),
)


@pytest.mark.parametrize(
    ("files", "runtime"),
    [
        (["app.py"], "python3.13"),
        (["index.mjs", "package.json"], "nodejs22.x"),
        (["bootstrap", "tool.py"], "provided.al2023"),
    ],
)
def test_the_newest_runtime_that_the_files_are_for(
    tmp_path: Path, files: list[str], runtime: str
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert guessed_runtime(tmp_path, INSTALLED) == runtime


@pytest.mark.parametrize("file", ["", "notes.txt", "index.js"])
def test_where_that_is_not_clear_or_not_here_it_is_asked_for(tmp_path: Path, file: str) -> None:
    if file:
        (tmp_path / file).touch()
    with pytest.raises(CommandFailure, match="Which runtime"):
        guessed_runtime(tmp_path, ["python3.13"])


def test_the_handler_is_found_by_the_names_of_the_guides(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import handler\n")
    (tmp_path / "lambda_function.py").write_text("def lambda_handler(event, context): ...\n")
    assert guessed_handler(tmp_path, "python3.12") == "lambda_function.lambda_handler"


@pytest.mark.parametrize(
    ("file", "code", "handler"),
    [
        ("index.mjs", "export const handler = async () => 1\n", "index.handler"),
        ("index.mjs", "export async function handler(event) {}\n", "index.handler"),
        ("index.js", "exports.handler = (e, c, done) => done()\n", "index.handler"),
        ("app.cjs", "module.exports.handler = async () => 1\n", "app.handler"),
        ("app.py", "handler = make()\n", "app.handler"),
    ],
)
def test_a_handler_may_be_defined_in_many_ways(
    tmp_path: Path, file: str, code: str, handler: str
) -> None:
    (tmp_path / file).write_text(code)
    runtime = "python3.12" if file.endswith(".py") else "nodejs20.x"
    assert guessed_handler(tmp_path, runtime) == handler


@pytest.mark.parametrize(
    ("runtime", "instance"),
    [("python3.12", "app.handler"), ("nodejs20.x", "index.handler")],
)
def test_what_has_none_by_such_a_name_is_asked_for(
    tmp_path: Path, runtime: str, instance: str
) -> None:
    (tmp_path / "other.py").write_text("def handler(e, c): ...\n")
    with pytest.raises(CommandFailure, match=f"for instance --handler {instance}"):
        guessed_handler(tmp_path, runtime)


def test_a_program_of_its_own_needs_none(tmp_path: Path) -> None:
    assert guessed_handler(tmp_path / "packed.zip", "provided.al2") == "bootstrap"
