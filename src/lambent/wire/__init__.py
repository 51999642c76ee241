"""AWS's protocols, from botocore's models: bytes and dicts in, bytes and dicts out, no I/O.

May import `model` and `kit`. The only room that meets botocore. Begin with `protocol.py`.
"""
