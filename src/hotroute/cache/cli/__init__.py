"""The commands `hotroute invalidate` and `hotroute explain`."""
