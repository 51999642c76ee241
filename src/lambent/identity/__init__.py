"""Who calls: SigV4 verification, access keys, the credentials that functions get.

Knows no other workshop. Begin with `authenticator.py`.
"""
