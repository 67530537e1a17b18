"""The integration with Flask-Profiler."""
