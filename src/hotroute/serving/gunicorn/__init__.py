"""Gunicorn: configuration, hooks and worker."""
