"""Nginx: settings, configuration files and static files."""
