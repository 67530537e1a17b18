"""Assertions about hot routes, for the tests of any Flask application; docs/testing.md shows each of them.

What an assertion needs is imported when it is first asked for: a run of pytest that asks for none pays nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotroute.testing.assertions.hits import assert_hit, assert_miss, assert_not_cached
    from hotroute.testing.assertions.invalidation import (
        assert_invalidated,
        assert_not_invalidated,
        invalidating,
        keeping,
    )
    from hotroute.testing.assertions.queries import assert_max_queries
    from hotroute.testing.assertions.single_flight import assert_one_execution
    from hotroute.testing.calls import Call
    from hotroute.testing.database import sqlite, truncate_all
    from hotroute.testing.isolation import cache_disabled, isolated
    from hotroute.testing.spy import HotCache
    from hotroute.testing.transparency import assert_transparent

NAMES = {
    "calls": ("Call",),
    "database": ("truncate_all", "sqlite"),
    "assertions.single_flight": ("assert_one_execution",),
    "assertions.invalidation": ("assert_invalidated", "assert_not_invalidated", "invalidating", "keeping"),
    "isolation": ("isolated", "cache_disabled"),
    "assertions.queries": ("assert_max_queries",),
    "assertions.hits": ("assert_hit", "assert_miss", "assert_not_cached"),
    "spy": ("HotCache",),
    "transparency": ("assert_transparent",),
}

__all__ = [
    "Call",
    "HotCache",
    "assert_hit",
    "assert_invalidated",
    "assert_not_invalidated",
    "assert_max_queries",
    "assert_miss",
    "assert_not_cached",
    "assert_one_execution",
    "assert_transparent",
    "truncate_all",
    "invalidating",
    "isolated",
    "keeping",
    "cache_disabled",
    "sqlite",
]


def __getattr__(name: str) -> Any:
    for module, names in NAMES.items():
        if name in names:
            return getattr(import_module(f"hotroute.testing.{module}"), name)
    raise AttributeError(f"hotroute.testing has no {name}")
