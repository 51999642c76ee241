"""The spawner: a single-threaded root program that makes, binds, limits and kills sandboxes as it is told.

Run as `python -m lambent.sandbox.spawner.main`. Imports nothing of lambent outside its own folder. Begin with `main.py`.
"""
