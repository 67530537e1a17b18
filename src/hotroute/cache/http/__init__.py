"""HTTP caching in front of Flask (RFC 9110, RFC 9111)."""
