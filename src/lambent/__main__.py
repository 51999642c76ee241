"""The program `lambent`: the command line, with the commands of the daemon added."""

import shutil
import sys
from collections.abc import Sequence
from typing import Final

from lambent.cli.main import app
from lambent.daemon.commands import register
from lambent.daemon.config import launcher_name

_NAME: Final = "lambent"
_COMPLETE: Final = "_LAMBENT_COMPLETE"
"""What a shell's completion sets; the same however the program was started."""


def main() -> None:
    """Run the command that the arguments name."""
    register(app)
    app(prog_name=_program(sys.argv[1:]), complete_var=_COMPLETE)


def _program(arguments: Sequence[str]) -> str:
    """What the program is called; a completion is for the bare name, which shells find behind any path."""
    if not {"--install-completion", "--show-completion"} & set(arguments):
        return launcher_name()
    if shutil.which(_NAME) is None:
        sys.stderr.write(
            f"lambent: {_NAME} is not on your PATH, where zsh and fish look for it: "
            f'ln -s "$(realpath {launcher_name()})" ~/.local/bin/{_NAME}\n'
        )
    return _NAME


if __name__ == "__main__":
    main()
