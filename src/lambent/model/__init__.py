"""The words of lambent: frozen values, ARNs, limits and the errors that AWS's models name.

Pure: no I/O, no asyncio. May import `kit` only. Begin with `function.py` and `errors.py`.
"""
