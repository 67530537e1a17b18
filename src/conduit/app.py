"""The application factory, a table of contents of what Conduit is made of."""

from flask import Flask

from conduit import config, database, jobs, routes
from conduit.config import Settings
from conduit.extensions import cache, db
from conduit.models import Base, row_tags
from conduit.services.tokens import Signer
from conduit.web import authentication, limits
from hotroute import api, setup


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; no connection is opened before the first request.

    Raises:
        SettingError: settings are missing, malformed or unsafe.
    """
    settings = settings or config.load()
    app = Flask("conduit", static_folder=None)
    app.extensions["tokens"] = signer = Signer(settings.secret_key.get_secret_value(), settings.token_lifetime)
    if settings.cache_enabled:
        row_tags.install()

    database.init_app(app, settings)
    api.init_app(app, api.ApiOptions(authentication.identify, 'Token realm="conduit"'))
    limits.init_app(app, settings)
    jobs.init_app(app, settings)
    routes.init_app(app)
    principal = authentication.build_principal(signer)
    setup.init_app(app, db, settings, cache=cache, metadata=(Base.metadata,), identify_caller=principal)
    return app
