"""The records that the profiler exchanges, and its histogram."""
