"""PostgreSQL behind PgBouncer."""
