"""Requests made from AWS's models, valid and broken, against the whole control plane and Invoke. Begin at `campaign.py`."""
