"""Assertions on responses, writes, queries and view executions."""
