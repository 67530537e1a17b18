"""What Gunicorn serves: a small application with a profiler, as the environment says, and a hot route."""

import os
import time

from flask import Flask
from sqlalchemy import MetaData

from hotroute import profiler
from hotroute.cache import CacheOptions, MemoryStore, hot
from hotroute.cache import init_app as put_in_front

app = Flask("served")


@app.get("/healthz")
def healthz() -> str:
    return "alive"


@app.get("/")
def index() -> str:
    return str(os.getpid())


@app.get("/sleep/<int:milliseconds>")
def sleep(milliseconds: int) -> str:
    time.sleep(milliseconds / 1000)
    return str(os.getpid())


@app.get("/fails")
def fails() -> str:
    raise RuntimeError("as told")


@app.get("/hot")
@hot(tags=("nothing",), share="everyone")
def warm() -> str:
    return "warm"


put_in_front(app, MemoryStore(), CacheOptions((), (MetaData(),), manual_tags=("nothing",)))
profiler.init_app(
    app,
    profiler.Options(
        url=os.environ["STORAGE"],
        password="a password for tests",
        ignore=("^/healthz",),
        slow=float(os.environ.get("SLOW", "0.5")),
    ),
)
