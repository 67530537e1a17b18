"""The invalidation protocol and the stores that implement it."""
