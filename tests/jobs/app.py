"""An application with jobs of every temper; its settings come from the environment of the worker."""

import os
import time
from pathlib import Path
from typing import Any

from flask import Flask, Request, abort, request
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Column, Integer, MetaData, String, Table, insert
from sqlalchemy.engine import RowMapping

from hotroute.database import engines
from hotroute.database.engines import WRITES
from hotroute.jobs import JobContext, Jobs, JobsOptions, add_jobs_table
from hotroute.jobs.extension import get_state
from hotroute.jobs.http import job, make_blueprint

metadata = MetaData()
jobs_table = add_jobs_table(metadata)
effects = Table(
    "effects", metadata, Column("id", Integer, primary_key=True), Column("word", String(64), nullable=False)
)
db = SQLAlchemy()
jobs = Jobs()


def create_app() -> Flask:
    app = Flask(__name__)
    url = os.environ["TEST_DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINES"] = {"default": engines.options(url, pool_size=4, timeout=10)}
    db.init_app(app)
    with app.app_context():
        engines.prepare(db.engine)
        options = JobsOptions(
            table=jobs_table,
            engine=db.engine,
            identify_owner=identify_owner,
            broker_url=os.environ["TEST_BROKER_URL"],
            message_queue=os.environ.get("TEST_MESSAGE_QUEUE", ""),
            lease=4.0,
            relay_after=1.0,
            republish_after=5.0,
            backend=os.environ.get("TEST_BACKEND", "celery"),  # type: ignore[arg-type]
        )
    jobs.init_app(app, options)
    app.register_blueprint(make_blueprint(get_state(app)))
    app.post("/words/<word>")(start_count)
    return app


def identify_owner(asked: Request) -> str:
    bearer = asked.environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    return asked.headers.get("X-Caller") or bearer or abort(401)


def commit(arguments: dict[str, Any], key: str | None) -> RowMapping:
    db.session.connection(execution_options=WRITES)
    row = jobs.enqueue(
        db.session, kinds[arguments.pop("kind")], arguments, owner=identify_owner(request), idempotency_key=key
    )
    db.session.commit()
    return row


@job(commit)
def start_count(word: str) -> dict[str, Any]:
    return {"kind": request.args.get("kind", "write-word"), "word": word}


def write(context: JobContext, word: str) -> None:
    db.session.connection(execution_options=WRITES)
    db.session.execute(insert(effects).values(word=word))
    context.complete(db.session, {"word": word})
    db.session.commit()


@jobs.kind("write-word", queue="cpu", time_limit=60)
def write_word(context: JobContext, word: str) -> None:
    write(context, word)


@jobs.kind("write-slowly", queue="cpu", time_limit=120, backoff=0.5)
def write_slowly(context: JobContext, word: str) -> None:
    """Says in a file that it has begun, and waits until another one is there."""
    folder = Path(os.environ["TEST_FOLDER"])
    folder.joinpath(f"{word}.begun.{context.attempt}").write_text(str(os.getpid()))
    while not folder.joinpath(f"{word}.go").exists():
        context.report(1, 2, "waiting")
        time.sleep(0.05)
    write(context, word)


@jobs.kind("hang", queue="cpu", time_limit=600)
def hang(context: JobContext, word: str) -> None:
    folder = Path(os.environ["TEST_FOLDER"])
    folder.joinpath(f"{word}.begun.{context.attempt}").write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)


@jobs.kind("fail-twice", queue="cpu", time_limit=60, backoff=0.1)
def fail_twice(context: JobContext, word: str) -> None:
    if context.attempt < 3:
        raise ValueError(word)
    write(context, word)


@jobs.kind("fail", queue="cpu", time_limit=60, attempts=2, backoff=0.1)
def fail(context: JobContext, word: str) -> None:
    raise ValueError(word)


kinds = {function.job_kind.name: function for function in (write_word, write_slowly, hang, fail_twice, fail)}  # type: ignore[attr-defined]
