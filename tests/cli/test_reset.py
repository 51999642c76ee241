"""`lambent reset` against a made-up API."""

import json

from tests.cli.conftest import type_of_run
from tests.cli.endpoint import Endpoint, Reply

RESET = "POST /_lambent/reset"


def test_nothing_is_sent_before_somebody_has_said_yes(api: Endpoint, run: type_of_run) -> None:
    result = run("reset")
    assert result.stderr == "lambent: This deletes everything; say --yes if you mean it.\n"
    assert result.exit_code == 1
    assert api.asked == []


def test_what_was_deleted_is_told(api: Endpoint, run: type_of_run) -> None:
    api.on(RESET, Reply({"functions": 1}), Reply({"functions": 2}))
    assert run("reset", "--yes").stdout == "1 function, all logs and all packages are deleted\n"
    assert json.loads(run("reset", "--yes", "--json").stdout) == {"functions": 2}


def test_a_refusal_is_shown_in_the_daemons_own_words(api: Endpoint, run: type_of_run) -> None:
    api.on(RESET, Reply({"message": "Start it with --allow-reset."}, 403))
    result = run("reset", "--yes")
    assert (result.exit_code, result.stderr) == (1, "lambent: Start it with --allow-reset.\n")
