"""Use cases that change something, one transaction each, and the rules that no table holds."""
