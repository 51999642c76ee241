"""What lambent costs, measured in one run beside a trivial server: `./lambent bench`.

Begin with `bench.py`. Absolute times differ from machine to machine and from minute to minute; the CPU time of an
invocation and the ratio to the trivial server are what to compare. No test asserts on any of them.
"""
