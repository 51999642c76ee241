"""Real clients against a started daemon with real sandboxes."""
