"""Measurements and long proofs: what is run on purpose, beside the tests, into `profiling/results/`."""
