"""The recorder of one worker, and its two threads."""
