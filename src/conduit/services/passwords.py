"""Passwords with argon2id."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane. About 20 ms for each login.
hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
NOBODY = hasher.hash("nobody's password")


def digest(password: str) -> str:
    return hasher.hash(password)


def match(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; for an unknown user (None) in the same time, so that a stopwatch learns nothing."""
    try:
        return hasher.verify(password_hash or NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
