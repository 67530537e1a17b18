"""The dashboard: pages made by the server, about what the history answers, for who knows the password."""

from flask import Flask

from hotroute.profiler.dashboard import auth, error_pages
from hotroute.profiler.dashboard.blueprint import EXTENSION, Dashboard, assets, blueprint
from hotroute.profiler.dashboard.pages import (  # noqa: F401  # they register their routes
    advice,
    cache,
    compare,
    exports,
    overview,
    requests,
    route,
    workers,
)
from hotroute.profiler.options import Options
from hotroute.profiler.queries.history import History


def init_app(app: Flask, options: Options, history: History) -> None:
    """Open the dashboard at /`options.root`/, and /metrics.

    Raises:
        hotroute.profiler.dashboard.auth.NoPassword: there is none to ask for.
    """
    auth.init_app(app, options.username, options.password, page=error_pages.page)
    app.extensions[EXTENSION] = Dashboard(options, history)
    app.register_blueprint(blueprint, url_prefix=f"/{options.root}")
    app.register_blueprint(exports.metrics_blueprint)
    app.register_blueprint(assets.blueprint())
