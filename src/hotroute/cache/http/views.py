"""The options that `@hot` left on a view: on a function, on a class of views, or on its `get`."""

from collections.abc import Callable, Iterator, Mapping
from inspect import getattr_static
from typing import Any

from hotroute.cache.decorator import HOT_DECORATOR, RouteMarker, RouteOptions

LIBRARIES = ("flask.views", "flask_restful")
"""Modules whose wrappers and `dispatch_request` only call a view, and make a response of what it returns."""

ORDER = "put @hot right below the route's decorator, around all others: a hit would skip what is around it"


def find(view: Callable[..., Any] | None) -> RouteOptions | None:
    """Return the options of a view function; None if it is not hot.

    Raises:
        ValueError: `@hot` stands where a hit would skip something, or where it has no effect.
    """
    kind = getattr(view, "view_class", None)
    found = find_in_class(view, kind) if isinstance(kind, type) else None
    if found:
        return found
    mark = getattr(view, "hot", None)
    if not isinstance(mark, RouteMarker):
        return None
    if mark.on is not view and mark.on is not unwrapped(view):
        raise ValueError(f"{name_of(view)}: {ORDER}")
    return mark.hot


def is_hot_by_method(view: Callable[..., Any] | None) -> bool:
    """Return whether only the `get` of a class is hot, so that other methods reach functions of their own."""
    kind = getattr(view, "view_class", None)
    return isinstance(kind, type) and "hot" not in vars(kind) and "get" in dict(marks(kind))


def find_in_class(view: Any, kind: Any) -> RouteOptions | None:
    refuse_method_decorators(kind)
    mark = vars(kind).get("hot")
    if isinstance(mark, RouteMarker):
        refuse_wrappers(view, kind)
        return mark.hot
    marked = dict(marks(kind))
    if others := sorted(set(marked) - {"get"}):
        raise ValueError(f"{kind.__qualname__}.{others[0]}: only get can be hot, or the class: put @hot there")
    if not marked:
        return None
    refuse_wrappers(view, kind)
    if marked["get"].on is not getattr_static(kind, "get"):
        raise ValueError(f"{kind.__qualname__}.get: {ORDER}")
    if kind.dispatch_request.__module__ not in LIBRARIES:
        raise ValueError(
            f"{kind.__qualname__}.dispatch_request is its own, and a hit would skip it: put @hot on the class"
        )
    return marked["get"].hot


def marks(kind: type) -> Iterator[tuple[str, RouteMarker]]:
    """Yield the functions of a class that `@hot` or a decorator's copy of it is on."""
    for name in dir(kind):
        mark = getattr(getattr_static(kind, name), "hot", None)
        if isinstance(mark, RouteMarker):
            yield name, mark


def refuse_method_decorators(kind: Any) -> None:
    """Raise ValueError where Flask-RESTful would mark a new bound method at each request."""
    if any(hasattr(each, HOT_DECORATOR) for each in method_decorators(kind)):
        raise ValueError(f"{kind.__qualname__}.method_decorators has hot(): put @hot on its get method instead")


def refuse_wrappers(view: Any, kind: Any) -> None:
    """Raise ValueError where something is around the class or its `get` that a hit would skip."""
    if kind.decorators or method_decorators(kind, "get") or module_of(unwrapped(view)) != "flask.views":
        raise ValueError(f"{kind.__qualname__}: {ORDER}")


def method_decorators(kind: Any, method: str = "") -> list[Any]:
    """Return what Flask-RESTful puts around the methods of a resource, or around one of them."""
    given = getattr(kind, "method_decorators", ())
    if not isinstance(given, Mapping):
        return list(given)
    return [each for name, some in given.items() if method in ("", name) for each in some]


def unwrapped(view: Any) -> Any:
    """Return a view without what a library puts around it to make a response."""
    while module_of(view) in LIBRARIES and hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def module_of(view: Any) -> str:
    """Return the module whose code a function runs: a decorator may have given it another one's name."""
    return str(getattr(view, "__globals__", {}).get("__name__", ""))


def name_of(view: Any) -> str:
    return str(getattr(view, "__qualname__", view))
