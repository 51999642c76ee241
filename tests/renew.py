"""`./lambent renew`: writes anew what is checked in and made from the code or from AWS's model."""

from pathlib import Path
from typing import Final

from lambent.daemon.cli_document import cli_document
from lambent.daemon.configuration_document import configuration_document
from lambent.daemon.effects_document import effects_document
from lambent.wire.models import Models
from tests.wire.implemented_shapes import SHAPES_FILE, implemented_shapes

_DOCS: Final = Path(__file__).parents[1] / "docs"
EFFECTS_FILE: Final = _DOCS / "effects.md"
CLI_FILE: Final = _DOCS / "cli.md"
CONFIGURATION_FILE: Final = _DOCS / "configuration.md"


def main() -> None:
    """Write them all."""
    CLI_FILE.write_text(cli_document(), encoding="utf-8")
    CONFIGURATION_FILE.write_text(configuration_document(), encoding="utf-8")
    EFFECTS_FILE.write_text(effects_document(Models()), encoding="utf-8")
    SHAPES_FILE.write_text(implemented_shapes(), encoding="utf-8")


if __name__ == "__main__":
    main()
