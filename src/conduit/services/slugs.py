"""Slugs: a title as a path segment."""

import secrets
import string
from collections.abc import Iterator
from itertools import repeat

from slugify import slugify

LENGTH = 200
ALPHABET = string.ascii_lowercase + string.digits
RESERVED = {"feed"}
"""`/articles/feed` is a route of its own."""


def candidates(title: str) -> Iterator[str]:
    """The plain slug first, then the slug with a random end, without end."""
    plain = slugify(title, max_length=LENGTH, word_boundary=True) or "article"
    if plain not in RESERVED:
        yield plain
    for _ in repeat(None):
        yield f"{plain}-{''.join(secrets.choice(ALPHABET) for _ in range(8))}"
