"""What functions say: output capture, platform lines, log streams, the tail of one invocation.

Knows no other workshop. Begin with `capture.py`.
"""
