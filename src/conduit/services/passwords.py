"""Passwords with argon2id."""

from unicodedata import category, normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane. About 20 ms for each login.
hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
NOBODY = hasher.hash("nobody's password")


def digest(password: str) -> str:
    return hasher.hash(prepare(password))


def match(password_hash: str | None, password: str) -> bool:
    """Return whether the password fits.

    An unknown user (None) takes the same time, so that a stopwatch learns nothing.
    """
    # A hash from before passwords were prepared is that of the password as it was typed.
    forms = dict.fromkeys((prepare(password), password))
    return any(verify(password_hash, form) for form in forms)


def prepare(password: str) -> str:
    """Return the password's one spelling: keyboards differ in how they compose accents (RFC 8265, OpaqueString)."""
    spaced = "".join(" " if category(each) == "Zs" else each for each in password)
    return normalize("NFC", spaced)


def verify(password_hash: str | None, form: str) -> bool:
    try:
        return hasher.verify(password_hash or NOBODY, form) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
