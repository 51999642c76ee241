"""The network of an instance: one router in a network namespace of its own, between the sandboxes and the host.

Every sandbox hangs on the router by a cable of its own, the router on the host by a single link. What a function may reach is
decided in two places, `rules.py` has both: the router knows the sandboxes, the host its own addresses. Begin with `router.py`.
Imports `sandbox.spawner.kernel`, and nothing else of lambent but `kit`.
"""
