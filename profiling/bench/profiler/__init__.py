"""What the profiler costs a request, beside none and beside Flask-Profiler as its documentation shows it."""
