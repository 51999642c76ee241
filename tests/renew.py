"""`./lambent renew`: writes anew what is checked in and made from the code or from AWS's model."""

from pathlib import Path
from typing import Final

from lambent.daemon.effects_document import effects_document
from lambent.wire.models import Models
from tests.wire.implemented_shapes import SHAPES_FILE, implemented_shapes

EFFECTS_FILE: Final = Path(__file__).parents[1] / "docs" / "effects.md"


def main() -> None:
    """Write both files."""
    EFFECTS_FILE.write_text(effects_document(Models()), encoding="utf-8")
    SHAPES_FILE.write_text(implemented_shapes(), encoding="utf-8")


if __name__ == "__main__":
    main()
