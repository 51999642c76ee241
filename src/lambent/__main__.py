"""The program `lambent`: the command line, with the commands of the daemon added."""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from lambent.daemon.up_line import plain_flags

_NAME: Final = "lambent"
_COMPLETE: Final = "_LAMBENT_COMPLETE"
"""What a shell's completion sets; the same however the program was started."""


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

    register(app)
    app(prog_name=_program(sys.argv[1:]), complete_var=_COMPLETE)


def _program(arguments: Sequence[str]) -> str:
    """What the program is called; a completion is for the bare name, which shells find behind any path."""
    import shutil

    from lambent.daemon.config import launcher_name

    if not {"--install-completion", "--show-completion"} & set(arguments):
        return launcher_name()
    if shutil.which(_NAME) is None:
        sys.stderr.write(
            f"lambent: {_NAME} is not on your PATH, where zsh and fish look for it: "
            f'ln -s "$(realpath {launcher_name()})" ~/.local/bin/{_NAME}\n'
        )
    return _NAME


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
