"""The only SQL: named operations on durable state, each adapter under one conformance suite; blobs by sha256.

May import `wire`, `http`, `model`, `kit`. Begin with `functions.py` and `log_events.py`, the contracts.
"""
