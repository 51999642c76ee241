"""The program `lambent`: the command line, with the commands of the daemon added."""

import sys
from collections.abc import Mapping

from lambent.daemon.up_line import plain_flags


def main() -> None:
    """Run the command that the arguments name."""
    flags = plain_flags(sys.argv[1:])
    if flags is None:
        _command_line()
    else:
        _daemon(flags)


def _command_line() -> None:
    # Not above: a daemon that starts needs nothing of it.
    from lambent.cli.main import app
    from lambent.daemon.commands import register
    from lambent.daemon.config import launcher_name

    register(app)
    app(prog_name=launcher_name())


def _daemon(flags: Mapping[str, object]) -> None:
    from lambent.daemon.config import ConfigError, launcher_name, load_settings
    from lambent.daemon.failure import StartFailure
    from lambent.daemon.start import up_here

    try:
        up_here(load_settings(flags), launcher=launcher_name())
    except ConfigError as error:
        _leave(str(error), status=2)
    except StartFailure as failure:
        _leave(str(failure), status=1)


def _leave(message: str, *, status: int) -> None:
    sys.stderr.write(f"lambent: {message}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
