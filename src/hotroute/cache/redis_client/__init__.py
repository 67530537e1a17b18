"""The Redis client: connections, deadlines, Sentinel and a circuit breaker; it knows nothing of caching."""
