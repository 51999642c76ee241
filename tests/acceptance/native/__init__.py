"""A runtime in C."""
