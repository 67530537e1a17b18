"""An application that is nothing but the dashboard, for tests and for a server to run."""

import os

from flask import Flask

from hotroute import health
from hotroute.profiler import dashboard
from hotroute.profiler.options import Options
from hotroute.profiler.queries.history import History

USERNAME, PASSWORD = "admin", "correct horse battery staple"
AUTH = USERNAME, PASSWORD


def create(url: str | None = None) -> Flask:
    """Of the storage at `url`, or else at `PROFILER_URL`."""
    url = url or os.environ["PROFILER_URL"]
    app = Flask("served", static_folder=None)
    app.register_blueprint(health.blueprint(needed={}, wanted={}))
    dashboard.init_app(app, Options(url=url, username=USERNAME, password=PASSWORD), History(url))
    return app
