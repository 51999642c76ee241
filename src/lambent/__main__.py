"""The program `lambent`: the command line, with the commands of the daemon added."""

from lambent.cli.main import app
from lambent.daemon.commands import register
from lambent.daemon.config import launcher_name


def main() -> None:
    """Run the command that the arguments name."""
    register(app)
    app(prog_name=launcher_name())


if __name__ == "__main__":
    main()
