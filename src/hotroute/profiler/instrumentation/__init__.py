"""Listeners that time calls to other services."""
