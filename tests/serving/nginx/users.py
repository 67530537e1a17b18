"""Folders of an ordinary user's, whoever runs the tests: in production, root's Nginx wants no other."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def ordinary_folder() -> Iterator[Path]:
    """Nobody's, if root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="hotroute-") as made:
        if os.geteuid() == 0:
            os.chown(made, NOBODY, NOBODY)
        yield Path(made)
