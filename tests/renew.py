"""`./lambent renew`: writes anew what is checked in and made from the code or from AWS's model."""

from pathlib import Path
from typing import Final

from lambent.daemon.cli_document import cli_document
from lambent.daemon.configuration_document import configuration_document
from lambent.daemon.effects_document import effects_document
from lambent.daemon.operations_document import operations_document
from lambent.wire.models import Models
from tests.golden.counted import PAIRS_FILE, counted, pairs
from tests.wire.implemented_shapes import SHAPES_FILE, implemented_shapes

_DOCS: Final = Path(__file__).parents[1] / "docs"
EFFECTS_FILE: Final = _DOCS / "effects.md"
OPERATIONS_FILE: Final = _DOCS / "operations.md"
CLI_FILE: Final = _DOCS / "cli.md"
CONFIGURATION_FILE: Final = _DOCS / "configuration.md"


def main() -> None:
    """Write them all."""
    CLI_FILE.write_text(cli_document(), encoding="utf-8")
    CONFIGURATION_FILE.write_text(configuration_document(), encoding="utf-8")
    PAIRS_FILE.write_text(counted(), encoding="utf-8")
    OPERATIONS_FILE.write_text(operations_document(Models(), pairs()), encoding="utf-8")
    EFFECTS_FILE.write_text(effects_document(Models()), encoding="utf-8")
    SHAPES_FILE.write_text(implemented_shapes(), encoding="utf-8")


if __name__ == "__main__":
    main()
