"""Long work: what leaves the request and runs in a worker."""

from flask import Flask, Request

from conduit.config import Settings
from conduit.extensions import db, jobs
from conduit.jobs import exports, link_previews
from conduit.models import jobs as table
from conduit.web import authentication
from hotroute.jobs import JobsOptions
from hotroute.jobs.extension import get_state
from hotroute.jobs.http import make_blueprint

__all__ = ["exports", "init_app", "link_previews"]


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["exports"] = settings.data_dir / "exports"
    app.extensions["fetching"] = {}
    with app.app_context():
        engine = db.engine
    options = JobsOptions(
        table=table,
        engine=engine,
        identify_owner=identify_owner,
        broker_url=settings.jobs_broker,
        backend=settings.jobs_backend,
        message_queue=settings.jobs_messages,
        stream_origins=settings.cors_origins,
        retention=settings.jobs_retention,
    )
    jobs.init_app(app, options)
    app.register_blueprint(make_blueprint(get_state(app)))


def identify_owner(_request: Request) -> str:
    return str(authentication.identify("required"))
