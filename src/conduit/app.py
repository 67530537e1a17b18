"""The application factory, a table of contents of what Conduit is made of."""

from flask import Flask

from conduit import config, database, jobs, routes
from conduit.config import Settings
from conduit.services.tokens import Signer
from conduit.web import authentication, caching, cors, limits, middleware, profiling, readiness
from hotroute import api


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; no connection is opened before the first request.

    Raises:
        SettingError: settings are missing, malformed or unsafe.
    """
    settings = settings or config.load()
    app = Flask("conduit", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.extensions["tokens"] = Signer(settings.secret_key.get_secret_value(), settings.token_lifetime)

    database.init_app(app, settings)
    api.init_app(app, api.ApiOptions(authentication.identify, 'Token realm="conduit"'))
    cors.init_app(app, settings)
    limits.init_app(app, settings)
    readiness.init_app(app, settings)
    jobs.init_app(app, settings)
    routes.init_app(app)
    caching.init_app(app, settings)
    middleware.init_app(app, settings)
    profiling.init_app(app, settings)
    return app
