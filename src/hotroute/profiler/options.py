"""What a profiler is told of its application, and what Flask-Profiler's own configuration says to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Engine, make_url

EXTENSION = "hotroute.profiler"
"""Key of `app.extensions`."""

SAMPLES = 100.0
"""Requests a second that are looked at closely: each costs three times as much as one that is only counted, and more
would tell no more."""


@dataclass(frozen=True, slots=True)
class Options:
    """
    Attributes:
        url: of the storage, SQLAlchemy's.
        username, password: of whoever may see the dashboard.
        release: names the code that runs, to compare one with another.
        engines: SQLAlchemy's, whose statements are watched.
        samples_per_second: requests that are looked at closely, over all routes and all workers of one server.
        slow: seconds from which a request is slow; fewer for a route that is usually faster (`thresholds.py`).
        slow_routes: other such seconds, by route, whatever is usual.
        root: the path under which the dashboard is.
        sampling_function: Flask-Profiler's; a request for which it is false is not looked at, though it is counted.
        ignore: Flask-Profiler's; regular expressions, found anywhere in a rule, of routes that are not recorded at all.
        store: the cache's, to be asked for its memory.
        key: who sends it as `Hotroute-Profile` is told by `Server-Timing` where the time went; nobody, if it is "".
        development: whether this is a developer's machine.
        enabled: whether there is a profiler at all.
    """

    url: str = field(repr=False)
    username: str = "admin"
    password: str = field(default="", repr=False)
    release: str = ""
    engines: tuple[Engine, ...] = ()
    samples_per_second: float = SAMPLES
    slow: float = 0.5
    slow_routes: Mapping[str, float] = field(default_factory=dict)
    root: str = "profiler"
    sampling_function: Callable[[], object] | None = None
    ignore: tuple[str, ...] = ()
    store: Any = None
    key: str = field(default="", repr=False)
    development: bool = False
    enabled: bool = True


def completed(options: Options, given: Mapping[str, Any]) -> Options:
    """The options, with what `given`, an application's `flask_profiler` configuration, says (Flask-Profiler, README).

    Raises:
        ValueError: the sampling function is none, the root is empty, the storage is in memory, or basic
            authentication is switched off.
    """
    function = given.get("sampling_function", options.sampling_function)
    if function is not None and not callable(function):
        raise ValueError("flask_profiler's sampling_function must be callable")
    storage = make_url(options.url)
    if storage.get_backend_name() == "sqlite" and storage.database in {None, "", ":memory:"}:
        raise ValueError("the profiler needs a file or a server: a database in memory is another one for each worker")
    root = str(given.get("endpointRoot", options.root)).strip("/")
    if not root:
        raise ValueError("the profiler needs a path of its own: give flask_profiler's endpointRoot a name")
    login = given.get("basicAuth", {})
    if not login.get("enabled", True):
        raise ValueError("the profiler is never open to everyone: leave basicAuth out, or enable it")
    return replace(
        options,
        enabled=bool(given.get("enabled", options.enabled)),
        sampling_function=function,
        ignore=(*options.ignore, *given.get("ignore", ())),
        root=root,
        username=login.get("username", options.username),
        password=login.get("password", options.password),
    )
