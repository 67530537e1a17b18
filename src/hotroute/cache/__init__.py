"""The response cache: hot routes answered in front of the application, and never older than a committed write."""
