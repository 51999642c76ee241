"""What interpreters say is asked for once, by whichever process comes first."""

from pathlib import Path

import pytest

from lambent.runtimes.answers import Answers, ProbeFailure


def script(path: Path, body: str) -> Path:
    """A program that counts how often it is started."""
    path.write_text(f"#!/bin/sh\necho called >> '{path}.calls'\n{body}\n")
    path.chmod(0o755)
    return path


def calls(path: Path) -> int:
    """How often `path` was started."""
    return len(Path(f"{path}.calls").read_text().splitlines())


def test_another_process_is_given_the_same_answer_without_asking(tmp_path: Path) -> None:
    program = script(tmp_path / "program", 'echo "said $1"')
    for _ in range(2):
        code, out, _ = Answers(tmp_path / "answers").ask(program, "a")
        assert (code, out) == (0, "said a\n")
    assert calls(program) == 1


def test_another_question_is_asked(tmp_path: Path) -> None:
    program = script(tmp_path / "program", 'echo "said $1"')
    answers = Answers(tmp_path / "answers")
    assert [answers.ask(program, word)[1] for word in "ab"] == ["said a\n", "said b\n"]


def test_a_file_that_has_changed_is_asked_again(tmp_path: Path) -> None:
    program = script(tmp_path / "program", "echo old")
    answers = Answers(tmp_path / "answers")
    answers.ask(program)
    script(program, "echo fresh")
    assert answers.ask(program)[1] == "fresh\n"


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    program = script(tmp_path / "program", "echo no >&2; exit 3")
    answers = Answers(tmp_path / "answers")
    assert [answers.ask(program) for _ in range(2)] == [(3, "", "no")] * 2
    assert calls(program) == 2


def test_a_folder_that_cannot_be_written_costs_only_another_question(tmp_path: Path) -> None:
    program = script(tmp_path / "program", "echo yes")
    (tmp_path / "answers").write_text("a file")
    answers = Answers(tmp_path / "answers")
    assert [answers.ask(program)[1] for _ in range(2)] == ["yes\n"] * 2
    assert calls(program) == 2


def test_a_file_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailure, match="does not start"):
        Answers(tmp_path / "answers").ask(tmp_path / "nothing")
