"""What became of each request that an application was sent."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.datastructures import Headers

from hotroute.testing import cache_status
from hotroute.testing.isolation import cache_disabled, isolated

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Seen:
    """A request, and what the cache did with it."""

    method: str
    path: str
    cache: cache_status.Status


@dataclass
class HotCache:
    """A spy on the cache of `app`.

    Attributes:
        seen: every request since the test began, or since `clear`.
        prefix: of this test's keys in Redis.
    """

    app: Flask
    seen: list[Seen] = field(default_factory=list)
    prefix: str = ""

    @property
    def hits(self) -> list[str]:
        """The paths that were answered from the cache, in their order."""
        return [each.path for each in self.seen if each.cache.hit]

    @property
    def misses(self) -> list[str]:
        """The paths whose answers were stored."""
        return [each.path for each in self.seen if each.cache.stored]

    @property
    def not_cached(self) -> dict[str, str]:
        """The paths that were neither, and why."""
        return {each.path: each.cache.why for each in self.seen if not (each.cache.hit or each.cache.stored)}

    def clear(self) -> None:
        """Forget the requests; the entries stay."""
        self.seen.clear()

    def off(self) -> AbstractContextManager[None]:
        """Within the block the views answer everything."""
        return cache_disabled(self.app)


@contextmanager
def spying(app: Flask) -> Iterator[HotCache]:
    """A spy on `app`, whose cache is empty and its own within the block.

    Raises:
        LookupError: the cache is not in front of the application.
    """
    spy = HotCache(app)
    with ExitStack() as stack:
        spy.prefix = stack.enter_context(isolated(app))
        inner = app.wsgi_app
        app.wsgi_app = Recorder(inner, spy.seen)  # type: ignore[method-assign]
        stack.callback(setattr, app, "wsgi_app", inner)
        yield spy


class Recorder:
    """WSGI middleware that remembers each request's `Cache-Status`."""

    def __init__(self, app: Any, seen: list[Seen]) -> None:
        self.app, self.seen = app, seen

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "") + "?" * bool(query := environ.get("QUERY_STRING", "")) + query

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            self.seen.append(Seen(environ["REQUEST_METHOD"], path, cache_status.read(Answered(Headers(headers)))))
            return start_response(line, headers, exc_info)

        answer: Iterable[bytes] = self.app(environ, start)
        return answer


@dataclass(frozen=True, slots=True)
class Answered:
    headers: Headers
