"""The command line; uses the public API only. Begin with `main.py`."""
