"""Sandboxes: the port, its client, and the spawner, a program of its own that makes and ends them as root.

Knows no other workshop and no Lambda. Begin with `port.py`, then `spawner/main.py`.
"""
