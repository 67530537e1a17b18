"""Backends for Flask-Caching that share the cache's Redis client."""
