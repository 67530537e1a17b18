"""The applications that Gunicorn serves for the bench: with `BENCH_PROFILER` none, ours or stock."""

import os
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify

from hotroute.settings.common import CommonSettings

if TYPE_CHECKING:
    from collections.abc import Callable


def word() -> str:
    return os.environ["BENCH_PROFILER"]


def make_trivial() -> Flask:
    app = Flask("trivial", static_folder=None)

    @app.get("/")
    def hello() -> Response:
        return jsonify(hello="world")

    if word() == "ours":
        profile_ours(app)
    if word() == "stock":
        profile_stock(app)
    return app


def make_conduit() -> Flask:
    """With our profiler by the application's own settings."""
    from conduit.app import create_app  # noqa: PLC0415  # the trivial application has no settings for it

    app = create_app()
    if word() == "stock":
        profile_stock(app)
    return app


def profile_ours(app: Flask) -> None:
    from hotroute import profiler  # noqa: PLC0415  # not to be in memory where there is none
    from hotroute.profiler.options import SAMPLES, Options  # noqa: PLC0415

    url = f"sqlite:///{CommonSettings.read(os.environ).data_dir / 'profiler.db'}"
    samples = float(os.environ.get("PROFILER_SAMPLES_PER_SECOND") or SAMPLES)
    password = os.environ["PROFILER_PASSWORD"]
    profiler.init_app(app, Options(url=url, password=password, release="bench", samples_per_second=samples))


def profile_stock(app: Flask) -> None:
    """Its README's configuration: SQLite, basic authentication."""
    import flask_profiler  # type: ignore[import-untyped]  # noqa: PLC0415

    app.config["flask_profiler"] = {
        "enabled": True,
        "storage": {"engine": "sqlite", "FILE": str(CommonSettings.read(os.environ).data_dir / "flask_profiler.sql")},
        "basicAuth": {"enabled": True, "username": "admin", "password": os.environ["PROFILER_PASSWORD"]},
    }
    flask_profiler.init_app(app)


MAKERS: "dict[str, Callable[[], Flask]]" = {"trivial": make_trivial, "conduit": make_conduit}


def __getattr__(name: str) -> Flask:
    """Only the application that Gunicorn asks for is made."""
    if name not in MAKERS:
        raise AttributeError(name)
    return MAKERS[name]()
