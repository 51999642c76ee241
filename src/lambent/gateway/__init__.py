"""Bytes to operations and back: the edge's front (invoke, health, relay) and the control plane's chain.

May import `execution` and below, never `services`. Begin with `chain.py` (control) and `front.py` (edge).
"""
