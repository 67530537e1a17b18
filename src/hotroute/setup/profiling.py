"""Put the profiler around an application."""

from flask import Flask
from sqlalchemy import Engine

from hotroute.database.engines import make_folder
from hotroute.extras import extra
from hotroute.settings.application import ApplicationSettings
from hotroute.setup.release import digest_release


def init_app(app: Flask, engines: tuple[Engine, ...], settings: ApplicationSettings) -> None:
    """Be called last of all: what is around the profiler is not measured."""
    if not settings.profiler_enabled:
        return
    with extra("profiler"):
        from hotroute import profiler  # noqa: PLC0415  # an application without a profiler needs no such package

    make_folder(settings.profiler)
    profiler.init_app(
        app,
        profiler.Options(
            url=settings.profiler,
            username=settings.profiler_username,
            password=settings.profiler_password.get_secret_value(),
            release=digest_release(app),
            engines=engines,
            samples_per_second=settings.profiler_samples_per_second,
            slow=settings.profiler_slow_seconds,
            slow_routes=settings.profiler_slow_routes,
            store=app.extensions.get("hotroute.store"),
            key=settings.profiler_key.get_secret_value(),
            development=settings.app_env == "development",
        ),
    )
