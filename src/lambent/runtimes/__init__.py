"""Which runtimes this host has, and the bootstraps that run inside a sandbox on the function's own interpreter.

Knows no other workshop. Begin with `catalogue.py`; `python/bootstrap.py` runs inside.
"""
