"""AWS Lambda's control API. Begin with `functions.py`."""
