"""All stores of `state.db` in SQLite."""

from lambent.state.sqlite.aliases import SqliteAliases
from lambent.state.sqlite.functions import SqliteFunctions
from lambent.state.sqlite.layers import SqliteLayers
from lambent.state.sqlite.records import SqliteRecordStores
from lambent.state.sqlite.state_database import StateDatabase
from lambent.state.stores import Stores


def sqlite_stores(database: StateDatabase) -> Stores:
    """Those in `database`, which is entered already."""
    return Stores(
        functions=SqliteFunctions(database=database),
        aliases=SqliteAliases(database=database),
        layers=SqliteLayers(database=database),
        records=SqliteRecordStores(database=database),
    )
