"""A made-up API, and the command line run against it."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from lambent.cli.main import app
from tests.cli.endpoint import Endpoint, endpoint

type_of_run = Callable[..., Result]


@pytest.fixture
def api() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


@pytest.fixture
def run(api: Endpoint) -> type_of_run:
    def invoke(*arguments: str, stdin: str = "", **environ: str) -> Result:
        variables = {
            "LAMBENT_ENDPOINT": api.url,
            "AWS_REGION": None,
            "AWS_DEFAULT_REGION": None,
            "AWS_ACCESS_KEY_ID": None,
            "AWS_SECRET_ACCESS_KEY": None,
            "AWS_SESSION_TOKEN": None,
        } | environ
        return CliRunner(env=variables).invoke(app, arguments, input=stdin, prog_name="./lambent")

    return invoke
