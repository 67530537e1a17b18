"""Conduit, the RealWorld API: the example that a user of Hotroute replaces."""
