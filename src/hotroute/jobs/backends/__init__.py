"""Celery and RQ, behind one small interface."""
