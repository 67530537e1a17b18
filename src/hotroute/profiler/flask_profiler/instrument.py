"""Flask-Profiler as the instrument: its `measure` is what times a view, of every rule, whenever that was registered."""

from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

import flask_profiler  # type: ignore[import-untyped]
from flask import Flask, current_app, has_app_context, request
from flask_profiler.flask_profiler import measure  # type: ignore[import-untyped]

from hotroute.instrumentation import current
from hotroute.profiler.options import EXTENSION, Options
from hotroute.profiler.request.trace import Trace

View = Callable[..., Any]


def init_app(app: Flask, options: Options) -> None:
    """Set Flask-Profiler up, with its page, and have it measure what the application dispatches."""
    app.config["flask_profiler"] = configuration(options)
    views = dict(app.view_functions)
    flask_profiler.init_app(app)
    # It has wrapped what was there in a function that reads every body, and fails for what is not UTF-8.
    app.view_functions.update(views)
    app.dispatch_request = measuring(app.dispatch_request, {})  # type: ignore[method-assign]


def configuration(options: Options) -> dict[str, Any]:
    """Flask-Profiler's own (its README). It keeps one for the process, so that nothing in it is one application's."""
    return {
        "enabled": True,
        "storage": {"engine": "hotroute.profiler.flask_profiler.page.Storage"},
        "endpointRoot": f"{options.root}/classic",
        # Asked for by the guard of all that the profiler shows.
        "basicAuth": {"enabled": True, "username": options.username, "password": ""},
        "sampling_function": wanted,
    }


def wanted() -> object:
    """What the sampling function of the application that is asked says."""
    if not has_app_context():
        return True
    function = current_app.extensions[EXTENSION].options.sampling_function
    return function is None or function()


def measuring(dispatch: View, prebuilt: dict[tuple[str, str], View]) -> View:
    """
    Args:
        dispatch: Flask's, which calls the view of the current request through `ensure_sync`.
        prebuilt: `measure(dispatch)` by rule and method.
    """

    # Flask 3.1 gives it nothing, later ones the request's context.
    def dispatch_request(*arguments: Any) -> Any:
        look = current.get()
        if not isinstance(look, Trace):
            return dispatch(*arguments)
        if not look.sampled and not look.send_server_timing:
            return timed(dispatch, arguments, look)
        if request.url_rule is None:
            return dispatch(*arguments)
        name = request.url_rule.rule, request.method
        measured = prebuilt.get(name)
        if measured is None:
            measured = prebuilt[name] = measure(dispatch, *name)
        return measured(*arguments)

    return dispatch_request


def timed(dispatch: View, arguments: tuple[Any, ...], look: Trace) -> Any:
    """Of a request that nobody has chosen nothing but the time is wanted: `measure` takes as long as the rest."""
    began, look.cpu = perf_counter(), thread_time()
    try:
        return dispatch(*arguments)
    finally:
        look.view_seconds = perf_counter() - began


def measured(measurement: dict[str, Any]) -> None:
    """Of the current request; of several, one within another, the outermost is the view's."""
    look = current.get()
    if isinstance(look, Trace):
        look.view_seconds = float(measurement["elapsed"])
