"""The fixtures that pytest finds by the entry point `hotroute`. Every run of pytest imports this: keep it light."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from hotroute.testing.spy import HotCache


@pytest.fixture
def hot_cache(app: Any) -> "Iterator[HotCache]":
    """The cache of the fixture `app`, with entries of this test alone; it remembers what became of each request."""
    from hotroute.testing.spy import spying  # noqa: PLC0415  # only who uses it pays for it

    with spying(app) as cache:
        yield cache


@pytest.fixture
def hot_engine(tmp_path: Path) -> "Iterator[Engine]":
    """An engine on an empty SQLite file of this test's own; real transactions, as the cache needs them."""
    from hotroute.testing.database import sqlite  # noqa: PLC0415  # likewise

    with sqlite(tmp_path) as engine:
        yield engine
