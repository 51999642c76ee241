"""What any program needs and none of it knows AWS: clock, timers, tasks, back-off, ids.

May import nothing of lambent. Begin with `clock.py`.
"""
