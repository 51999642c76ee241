"""AWS STS: who the caller is. Begin with `operations.py`."""
