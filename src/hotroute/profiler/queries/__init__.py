"""Queries on recorded data."""
