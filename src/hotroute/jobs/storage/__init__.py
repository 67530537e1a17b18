"""The table of jobs, and the statements on it."""
