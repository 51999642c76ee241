"""The SQLite adapters of `state`'s ports. Begin with `database.py`."""
