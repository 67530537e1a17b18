"""The dashboard: pages made by the server, about what the history answers, for who knows the password."""

from flask import Flask

from hotroute.profiler import guard
from hotroute.profiler.dashboard import (  # noqa: F401  # each adds its pages to the blueprint
    advice_page,
    cache_page,
    compare,
    exported,
    failures,
    kept,
    one_route,
    overview,
    workers_page,
)
from hotroute.profiler.dashboard.blueprint import EXTENSION, Dashboard, assets, blueprint
from hotroute.profiler.history import History
from hotroute.profiler.options import Options


def init_app(app: Flask, options: Options, history: History) -> None:
    """Open the dashboard at /`options.root`/, and /metrics.

    Raises:
        hotroute.profiler.guard.NoPassword: there is none to ask for.
    """
    guard.init_app(app, options.username, options.password, page=failures.page)
    app.extensions[EXTENSION] = Dashboard(options, history)
    app.register_blueprint(blueprint, url_prefix=f"/{options.root}")
    app.register_blueprint(exported.metrics_blueprint)
    app.register_blueprint(assets.blueprint())
