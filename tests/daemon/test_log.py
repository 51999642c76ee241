"""The daemon's own log."""

import logging
import os
import resource
import subprocess
import sys
from pathlib import Path

from lambent.daemon.log import FileHandler, LineFormatter
from lambent.kit.log_file import LogFile

ROOT = Path(__file__).parents[2]


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


def test_lines_that_the_disk_did_not_take_are_counted_once_it_takes_them_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    descriptor = os.open("/dev/null", os.O_WRONLY)
    handler = FileHandler(LogFile(path, descriptor=descriptor))
    handler.setFormatter(LineFormatter(program="edge"))
    record = logging.makeLogRecord({"name": "x", "msg": "said", "levelname": "INFO"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # no file can grow
    handler.emit(record)
    handler.emit(record)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    handler.emit(record)
    os.close(descriptor)
    missing, said = path.read_text().splitlines()[-2:]
    assert missing.endswith(
        "lambent.daemon.log 2 lines are missing here: the disk did not take them"
    )
    assert said.endswith("INFO edge x said")


def test_with_a_file_stderr_goes_there_and_so_does_what_ends_the_program(tmp_path: Path) -> None:
    script = (
        "import os, logging\nfrom pathlib import Path\nfrom lambent.daemon.log import set_up_logging\n"
        f"set_up_logging(program='edge', level='info', file=Path({str(tmp_path / 'log')!r}))\n"
        "logging.getLogger('x').info('said')\nos.write(2, b'raw\\n')\nraise ArithmeticError('so')\n"
    )
    ended = subprocess.run(
        [*("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-P", "-c"), script],
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (1, b"")
    said, raw, end = (tmp_path / "log").read_text().splitlines()
    assert said.endswith("INFO edge x said")
    assert raw == "raw"
    assert "CRITICAL edge" in end
    assert end.endswith("ArithmeticError: so")
