"""SQLAlchemy listeners that record which tables and rows a transaction reads and writes."""
