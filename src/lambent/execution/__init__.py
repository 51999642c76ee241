"""Running functions behind one entrance, `Invoker`: admission, pools, environments and their phases.

May import the workshops and below. Begin with `invoker.py`.
"""
