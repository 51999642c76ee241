"""HTTP server and client as hand-written protocols on uvloop and httptools; knows no AWS.

May import `model` and `kit`. Begin with `exchange.py`, the contract, then `server.py`.
"""
