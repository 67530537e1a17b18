"""The text of seeded articles."""
