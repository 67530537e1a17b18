"""Assertions about what a write does to the stored answers of reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hotroute.testing import cache_status
from hotroute.testing.cache_status import Response

Ask = Callable[[], Response]


def assert_invalidated(write: Callable[[], Any], *reads: Ask) -> None:
    """After `write`, none of the `reads` is answered from the cache any more.

    Args:
        write: sends one request, or does something else that commits; a response it gives must not be an error.
        reads: each asks for a hot route. All are asked before the write until they are hits.
    """
    __tracebackhide__ = True
    with invalidating(*reads):
        refuse_failed(write())


def assert_not_invalidated(write: Callable[[], Any], *reads: Ask) -> None:
    """After `write`, all the `reads` are still answered from the cache: it does not invalidate more than it changes."""
    __tracebackhide__ = True
    with keeping(*reads):
        refuse_failed(write())


@contextmanager
def invalidating(*reads: Ask) -> Iterator[None]:
    """`assert_invalidated`, with the write as the block."""
    __tracebackhide__ = True
    warm(reads)
    yield
    for number, seen in asked(reads):
        if seen.hit:
            raise AssertionError(f"expected the write to invalidate read {number} of {len(reads)}: {seen}")


@contextmanager
def keeping(*reads: Ask) -> Iterator[None]:
    """`assert_not_invalidated`, with the write as the block."""
    __tracebackhide__ = True
    warm(reads)
    yield
    for number, seen in asked(reads):
        if not seen.hit:
            raise AssertionError(f"expected the write to leave read {number} of {len(reads)} alone: {seen}")


def warm(reads: tuple[Ask, ...]) -> None:
    __tracebackhide__ = True
    if not reads:
        raise TypeError("name at least one read")
    for _ in range(2):
        found = list(asked(reads))
    for number, seen in found:
        if not seen.hit:
            raise AssertionError(f"read {number} of {len(reads)} is not cached, so nothing can invalidate it: {seen}")


def asked(reads: tuple[Ask, ...]) -> Iterator[tuple[int, cache_status.Status]]:
    for number, read in enumerate(reads, 1):
        yield number, cache_status.read(read())


def refuse_failed(answer: Any) -> None:
    __tracebackhide__ = True
    code = getattr(answer, "status_code", getattr(answer, "status", 0))
    if isinstance(code, int) and code >= 400:
        raise AssertionError(f"the write was answered {code}, so it changed nothing: {getattr(answer, 'text', '')}")
