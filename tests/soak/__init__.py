"""Cold starts and random kills over time, and what is left behind afterwards: nothing."""
