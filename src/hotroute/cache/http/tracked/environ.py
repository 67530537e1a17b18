"""What an application looks at in a request: an answer that depends on what its key lacks must not be stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Self

from flask import Request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.routing import MapAdapter
from werkzeug.utils import cached_property as werkzeug_cached_property

from hotroute.cache.http.policy import CONDITIONS
from hotroute.cache.http.tracked.cookies import TrackedCookies

OF_THE_BODY = frozenset({"args", "data", "files", "form", "stream", "values"})
"""Attributes that Flask's request makes when they are first read, of what a key holds or what no hot request has."""

KEYED = frozenset(
    {"REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH", "GATEWAY_INTERFACE",
     "SERVER_PROTOCOL", "SERVER_SOFTWARE"}
)  # fmt: skip
"""What every key holds, and what is the same for all requests."""

OURS = ("wsgi.", "werkzeug.", "flask.", "gunicorn.", "hotroute.")
"""How the names begin that servers and libraries give to what is theirs."""

SCHEME, HOST, ADDRESS = "wsgi.url_scheme", "HTTP_HOST", "REMOTE_ADDR"
CLIENT = frozenset({ADDRESS, "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_PORT", "REMOTE_USER", "AUTH_TYPE"})
"""Said by the server of the client (RFC 3875, section 4.1), beside what the client's header fields say."""
SERVER = ("SERVER_NAME", "SERVER_PORT")
"""The host of a request that has no Host field; on a Unix socket, Gunicorn takes them from the field."""

TRACING = frozenset(
    {"HTTP_X_REQUEST_ID", "HTTP_X_REQUEST_START", "HTTP_TRACEPARENT", "HTTP_TRACESTATE", "HTTP_B3",
     "HTTP_X_AMZN_TRACE_ID", "HTTP_X_CLOUD_TRACE_CONTEXT"}
)  # fmt: skip
"""For logs, whoever reads them."""

EVERYTHING = "HTTP_EVERY_FIELD"


@dataclass(slots=True)
class AccessLog:
    """
    Attributes:
        on: whether what is read now counts.
        read: names in the WSGI environment.
        own: names of what the application has put there itself.
        conditional: whether it has looked for a condition or a range, at any time.
    """

    on: bool = False
    read: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    conditional: bool = False

    @contextmanager
    def set(self, on: bool) -> Iterator[None]:
        before, self.on = self.on, on
        try:
            yield
        finally:
            self.on = before


class TrackedEnviron(dict[str, Any]):
    """A WSGI environment that remembers what it was asked for while it is watched; its copies do too."""

    def __init__(self, items: Any = (), watch: AccessLog | None = None) -> None:
        super().__init__(items)
        self.watch = watch or AccessLog()

    def note(self, name: str) -> None:
        name = HOST if name in SERVER else name
        if name in CONDITIONS:
            self.watch.conditional = True
        free = name in KEYED or name in self.watch.own or (name.startswith(OURS) and name != SCHEME)
        if self.watch.on and not free:
            self.watch.read.add(name)

    def __getitem__(self, name: str) -> Any:
        self.note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.note(str(name))
        return super().__contains__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if self.watch.on:
            self.watch.own.add(name)
        super().__setitem__(name, value)

    def get(self, name: str, default: Any = None) -> Any:
        self.note(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self.note(name)
        return super().pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        self.note(name)
        return super().setdefault(name, default)

    def copy(self) -> Self:
        return type(self)(super().items(), self.watch)

    def __iter__(self) -> Iterator[str]:
        # Also what dict(environ) and {**environ} ask for, once there is such a method.
        self.note(EVERYTHING)
        return super().__iter__()

    def keys(self) -> Any:
        self.note(EVERYTHING)
        return super().keys()

    def values(self) -> Any:
        self.note(EVERYTHING)
        return super().values()

    def items(self) -> Any:
        self.note(EVERYTHING)
        return super().items()

    def popitem(self) -> Any:
        self.note(EVERYTHING)
        return super().popitem()

    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)


class Fields(EnvironHeaders):
    """Werkzeug looks through all fields for those of one name; WSGI joins them in one."""

    def getlist(self, key: str, type: Any = None) -> list[Any]:  # noqa: A002
        value = self.get(key, type=type)
        return [] if value is None else [value]


@contextmanager
def watching(environ: TrackedEnviron, request: Request, adapter: MapAdapter | None) -> Iterator[None]:
    """While Flask answers. Absolute links name the host too."""
    if request.environ is not environ:
        # WSGI middleware within the cache has made another one, at which nobody looks.
        environ.watch.read.add(EVERYTHING)
    forget(request)
    request.headers = Fields(environ)
    request.__class__ = watched(type(request))  # type: ignore[arg-type]
    if adapter:
        adapter.build = building(adapter, environ)  # type: ignore[method-assign]
    try:
        with environ.watch.set(True):
            yield
    finally:
        if adapter:
            del adapter.build


@contextmanager
def untracked(environ: TrackedEnviron, request: Request) -> Iterator[None]:
    """While something runs that hits do without."""
    with environ.watch.set(False):
        yield
    forget(request)


def forget(request: Request) -> None:
    """What the request remembers of its environment, so that reading it is reading that again."""
    for name in remembered(type(request)):  # type: ignore[arg-type]
        vars(request).pop(name, None)


@lru_cache
def remembered(kind: type[Request]) -> frozenset[str]:
    kinds = (cached_property, werkzeug_cached_property)
    cached = {name for each in kind.__mro__ for name, value in vars(each).items() if isinstance(value, kinds)}
    return frozenset(cached) - OF_THE_BODY


@lru_cache
def watched(kind: type[Request]) -> type[Request]:
    """The class of a request that copies these three when it is made."""
    copied = {"scheme": SCHEME, "server": HOST, "remote_addr": ADDRESS}
    noting = {attribute: noted(attribute, name) for attribute, name in copied.items()} | {"cookies": property(cookies)}
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, "__qualname__": kind.__qualname__, **noting})


def cookies(request: Request) -> TrackedCookies:
    environ = request.environ
    if not isinstance(environ, TrackedEnviron):
        return TrackedCookies.parse(environ.get("HTTP_COOKIE"), lambda _name: None)
    return TrackedCookies.parse(dict.get(environ, "HTTP_COOKIE"), environ.note)


def noted(attribute: str, name: str) -> property:
    def read(request: Request) -> Any:
        request.environ.get(name)
        return vars(request)[attribute]

    def write(request: Request, value: Any) -> None:
        vars(request)[attribute] = value

    return property(read, write)


def building(adapter: MapAdapter, environ: TrackedEnviron) -> Any:
    build = adapter.build

    def observed(*args: Any, **options: Any) -> str:
        if options.get("force_external"):
            environ.note(HOST)
        return build(*args, **options)

    return observed
