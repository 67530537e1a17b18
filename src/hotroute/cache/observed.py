"""What a view looks at in a request: an answer that depends on what its key does not hold must not be stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.routing import MapAdapter

REMEMBERED = frozenset(
    {"accept_charsets", "accept_encodings", "accept_languages", "accept_mimetypes", "access_route", "cache_control",
     "cookies", "user_agent", "host", "host_url", "url", "base_url", "root_url", "url_root"}
)  # fmt: skip
"""Attributes that Flask's request makes of its header fields when they are first read, by a hook perhaps."""

TRACING = frozenset(
    {"HTTP_X_REQUEST_ID", "HTTP_X_REQUEST_START", "HTTP_TRACEPARENT", "HTTP_TRACESTATE", "HTTP_B3",
     "HTTP_X_AMZN_TRACE_ID", "HTTP_X_CLOUD_TRACE_CONTEXT"}
)  # fmt: skip
"""For logs, whoever reads them."""

EVERYTHING = "HTTP_EVERY_FIELD"


class Environ(dict[str, Any]):
    """A WSGI environment that remembers which request header fields it was asked for while it is watched."""

    watched = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.read = set[str]()

    def note(self, name: str) -> None:
        if self.watched and name.startswith("HTTP_"):
            self.read.add(name)

    def __getitem__(self, name: str) -> Any:
        self.note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.note(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.note(name)
        return super().get(name, default)

    def items(self) -> Any:
        self.note(EVERYTHING)
        return super().items()

    @contextmanager
    def watching(self) -> Iterator[None]:
        self.watched = True
        try:
            yield
        finally:
            self.watched = False


class Fields(EnvironHeaders):
    """Werkzeug looks through all fields for those of one name; WSGI joins them in one."""

    def getlist(self, key: str, type: Any = None) -> list[Any]:  # noqa: A002
        value = self.get(key, type=type)
        return [] if value is None else [value]


@contextmanager
def watching(environ: Environ, request: Request, adapter: MapAdapter | None) -> Iterator[None]:
    """While a view runs. Absolute links name the host too."""
    for name in REMEMBERED:
        vars(request).pop(name, None)
    request.headers = Fields(environ)
    if adapter:
        adapter.build = building(adapter, environ)  # type: ignore[method-assign]
    try:
        with environ.watching():
            yield
    finally:
        if adapter:
            del adapter.build


def building(adapter: MapAdapter, environ: Environ) -> Any:
    build = adapter.build

    def observed(*args: Any, **options: Any) -> str:
        if options.get("force_external"):
            environ.note("HTTP_HOST")
        return build(*args, **options)

    return observed
