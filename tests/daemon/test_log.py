"""The daemon's own log."""

import logging
import sys

from lambent.daemon.log import LineFormatter


def line_of(message: str, **extra: object) -> str:
    record = logging.makeLogRecord(
        {"name": "lambent.x", "levelname": "INFO", "msg": message, "created": 1_700_000_000.5}
        | extra
    )
    return LineFormatter(program="edge").format(record)


def test_an_event_is_one_line_with_time_level_program_logger_message_and_ids() -> None:
    assert line_of("bound", environment="e1") == (
        "2023-11-14T22:13:20.500Z INFO edge lambent.x bound environment=e1"
    )


def test_a_message_with_line_breaks_stays_one_line() -> None:
    assert "\n" not in line_of("a\nb\r\nc")
    assert line_of("a\nb").endswith("a\\nb")


def test_a_traceback_stays_on_the_line_of_its_event() -> None:
    try:
        raise ArithmeticError("so")
    except ArithmeticError:
        line = line_of("failed", exc_info=sys.exc_info())
    assert "\n" not in line
    assert line.endswith("ArithmeticError: so")
