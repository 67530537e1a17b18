"""The machine that servers run on: its CPUs and its programs."""
