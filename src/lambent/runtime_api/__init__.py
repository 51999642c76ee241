"""How an environment's runtime is spoken to: the framed channel of our bootstraps and the HTTP Runtime API.

Knows no other workshop. Begin with `port.py`.
"""
