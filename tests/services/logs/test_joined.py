"""Events of several lines."""

import pytest

from lambent.services.logs.joined import lines_apart


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("one\rtwo\n", "one\ntwo\n"), ("dos\r\n", "dos\r\n"), ("plain", "plain")],
)
def test_the_lines_of_one_event_are_shown_apart(stored: str, shown: str) -> None:
    assert lines_apart(stored) == shown
