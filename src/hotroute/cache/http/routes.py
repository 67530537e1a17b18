"""The hot routes of an application: which there are, how a path finds one, and which of Flask's hooks apply to it."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from hotroute.cache import decorator
from hotroute.cache.decorator import RouteOptions
from hotroute.cache.http import views

log = logging.getLogger(__name__)

REMEMBERED_PATHS = 10_000
LONGEST_REMEMBERED = 250
"""Characters; who asks for many long paths must not fill the memory."""


class Match(NamedTuple):
    """A hot route that a path leads to.

    Attributes:
        endpoint: Flask's name of it.
        rule: as it is written, such as "/articles/<slug>".
        arguments: of the view.
        hook: the first hook that a hit must not skip; empty where hits are answered in front of Flask.
    """

    endpoint: str
    rule: str
    hot: RouteOptions
    arguments: Mapping[str, Any]
    hook: str


warn_once = lru_cache(log.warning)
"""Of each kind; a client chooses how many paths it asks for."""

Matcher = Callable[[str], Match | None]


def find_all(app: Flask) -> dict[str, RouteOptions]:
    """The hot routes by endpoint.

    Raises:
        ValueError: one of them cannot be.
    """
    marked = {endpoint: views.find(view) for endpoint, view in app.view_functions.items()}
    found = {endpoint: hot for endpoint, hot in marked.items() if hot}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in found:
            if not views.is_hot_by_method(app.view_functions[rule.endpoint]):
                refuse_unsafe(rule)
            refuse_hosts(app, rule)
            refuse_unknown_names(rule, found[rule.endpoint])
    return found


def refuse_unsafe(rule: Rule) -> None:
    if unsafe := set(rule.methods or ()) - {"GET", "HEAD", "OPTIONS"}:
        raise ValueError(f"{rule.endpoint} is hot and answers {', '.join(sorted(unsafe))}: give that a view of its own")


def refuse_hosts(app: Flask, rule: Rule) -> None:
    if app.url_map.host_matching or app.subdomain_matching or rule.host or rule.subdomain:
        raise ValueError(f"{rule.endpoint} is hot, and routes that are found by host or subdomain cannot be")


def refuse_unknown_names(rule: Rule, hot: RouteOptions) -> None:
    for tag in hot.tags or ():
        if unknown := decorator.names(tag) - rule.arguments - {"caller"}:
            raise ValueError(f"{rule.endpoint}: the tag {tag!r} names {', '.join(sorted(unknown))}, {rule} does not")
    if hot.tags and "caller" in rule.arguments:
        raise ValueError(f"{rule.endpoint}: {{caller}} is who asks; give the argument of {rule} another name")


def matcher(app: Flask, found: Mapping[str, RouteOptions], skippable: frozenset[str]) -> Matcher:
    """Flask's own routing, remembered by path."""
    adapter = app.url_map.bind("")

    def match(path: str) -> Match | None:
        try:
            rule, arguments = adapter.match(path.encode("latin-1").decode(), method="GET", return_rule=True)
        except (HTTPException, UnicodeError):
            return None
        except Exception as reason:
            warn_once("a path is not looked up in the cache, for a URL converter failed outside Flask: %r", str(reason))
            return None
        endpoint = rule.endpoint
        hot = found.get(endpoint)
        hook = next((name for name in hooks(app, endpoint) if name not in skippable), "") if hot else ""
        return Match(endpoint, rule.rule, hot, arguments, hook) if hot else None

    remembered = lru_cache(REMEMBERED_PATHS)(match)
    return lambda path: remembered(path) if len(path) <= LONGEST_REMEMBERED else match(path)


def hooks(app: Flask, endpoint: str) -> Iterator[str]:
    """The names of what Flask runs before and after a view, and what it checks of a request itself."""
    if app.config["TRUSTED_HOSTS"] is not None:
        yield "TRUSTED_HOSTS"
    for registered in (app.url_value_preprocessors, app.before_request_funcs, app.after_request_funcs):
        for scope in (None, *blueprints(endpoint)):
            yield from map(name_of, registered.get(scope, ()))


def blueprints(endpoint: str) -> list[str]:
    """Of "outer.inner.view": "outer.inner" and "outer"."""
    outer = endpoint.split(".")[:-1]
    return [".".join(outer[:length]) for length in range(len(outer), 0, -1)]


def name_of(hook: Any) -> str:
    """Such as "flask_cors.extension.make_after_request_function.<locals>.cors_after_request"; a name stays as it is."""
    if isinstance(hook, str):
        return hook
    return ".".join(named(hook))


def named(hook: Any) -> tuple[str, str]:
    """The module and the name within it of a hook, or of its class."""
    known = hook if hasattr(hook, "__qualname__") else type(hook)
    return known.__module__, known.__qualname__
