"""Where the time goes: every request counted, some looked at closely, and what to do about it."""
