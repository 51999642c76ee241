"""Which functions there are, where their code lies, and how the edge learns of a change.

Knows no other workshop. Begin with `activation.py` (control) and `resolver.py` (edge).
"""
