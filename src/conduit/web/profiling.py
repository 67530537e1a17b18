"""The profiler around Conduit: what it watches, and who may see it."""

from flask import Flask

from conduit import database
from conduit.config import Settings
from conduit.extensions import db
from hotroute import code_version, profiler


def init_app(app: Flask, settings: Settings) -> None:
    """Last of all: what is around the profiler is not measured."""
    if not settings.profiler_enabled:
        return
    with app.app_context():
        engine = db.engine
    database.make_folder(settings.profiler)
    profiler.init_app(
        app,
        profiler.Options(
            url=settings.profiler,
            username=settings.profiler_username,
            password=settings.profiler_password.get_secret_value(),
            release=code_version.of("conduit", "hotroute"),
            engines=(engine,),
            samples_per_second=settings.profiler_samples_per_second,
            slow=settings.profiler_slow_seconds,
            slow_routes=settings.profiler_slow_routes,
            store=app.extensions.get("hotroute.store"),
            key=settings.profiler_key.get_secret_value(),
            development=settings.app_env == "development",
        ),
    )
