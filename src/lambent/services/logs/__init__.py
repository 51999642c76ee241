"""CloudWatch Logs as far as functions' logs are read. Begin with `operations.py`."""
