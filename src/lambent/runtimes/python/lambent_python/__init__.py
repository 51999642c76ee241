"""The Python runtime of lambent, as it runs inside a function's environment: stdlib only, Python 3.8 and later."""
