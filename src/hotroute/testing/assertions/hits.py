"""Assertions about one response, by its `Cache-Status`."""

from hotroute.testing import cache_status
from hotroute.testing.cache_status import Response


def assert_hit(response: Response) -> None:
    """The response came from the cache."""
    __tracebackhide__ = True
    seen = cache_status.read(response)
    if not seen.hit:
        raise AssertionError(f"expected a hit: {seen}")


def assert_miss(response: Response) -> None:
    """The view answered, and its answer was stored: the next one to ask gets a hit."""
    __tracebackhide__ = True
    seen = cache_status.read(response)
    if not seen.stored:
        raise AssertionError(f"expected a miss that is stored: {seen}")


def assert_not_cached(response: Response, because: str = "") -> None:
    """The response was neither taken from the cache nor put there.

    Args:
        because: what `Cache-Status` must give as its detail, or a part of it; in either case.
    """
    __tracebackhide__ = True
    seen = cache_status.read(response)
    if seen.hit or seen.stored:
        raise AssertionError(f"expected an answer that is not cached: {seen}")
    if because.upper() not in seen.detail:
        raise AssertionError(f"expected an answer that is not cached because of {because}: {seen}")
