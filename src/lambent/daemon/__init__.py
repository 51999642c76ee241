"""Builds everything and owns the processes: supervisor, edge, control, spawner. The only room that wires.

May import everything. Begin with `supervisor.py`, then `wiring_edge.py` and `wiring_control.py`.
"""
