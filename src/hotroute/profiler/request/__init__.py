"""The recording of one request."""
