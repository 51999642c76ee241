"""Reads the numbered SQL files that bring a database's schema up to date; they ride in the wheel."""

from collections.abc import Sequence
from importlib import resources


def migrations(database: str) -> Sequence[str]:
    """The migrations of `database`, one of the folders in `state/migrations`, in their order.

    Raises ValueError when their numbers are not 1, 2, 3 …: a gap would give a schema the wrong number.
    """
    folder = resources.files("lambent.state").joinpath("migrations", database)
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    numbers = [int(f.name.partition("_")[0]) for f in files]
    if numbers != list(range(1, len(files) + 1)):
        raise ValueError(f"migrations of {database} are numbered {numbers}")
    return [f.read_text(encoding="utf-8") for f in files]
