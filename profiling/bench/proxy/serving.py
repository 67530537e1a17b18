"""The two configurations of one program, serving the same file and the same application."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.servers import free_port, gunicorn_server, listens, nginx_server, server

from hotroute.serving.nginx import render, runtime_dir
from hotroute.serving.nginx.binary import command, inspect
from hotroute.serving.settings import cgroup_cpus
from profiling.bench import floors
from profiling.bench.serving import GUNICORN

PATHS = {"static": "/static/bench.json", "proxied": "/"}
"""The file and the application's answer are the same bytes."""

MINIMAL = """
daemon off;
{user}
pid "{folder}/nginx.pid";
error_log stderr warn;
worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    include temporary.conf;
    include types.conf;
    include log.conf;
    include tls.conf;
    upstream application {{ server 127.0.0.1:{app}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{https} ssl;
        location /static/ {{ root "{static}/identity"; }}
        location / {{
            proxy_pass http://application;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
        }}
    }}
}}
"""


class Serving(NamedTuple):
    """A running Nginx: its configuration's name, its TLS port, and the root of its processes."""

    name: str
    port: int
    root: int


@contextmanager
def both(program: Path, folder: Path) -> Iterator[list[Serving]]:
    """Ours and the minimal one, at the same time, in front of one Gunicorn that answers without an application."""
    file = folder / "static" / "identity" / PATHS["static"].removeprefix("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(floors.BODY)
    chosen = {"NGINX_PROGRAM": str(program), "STATIC_DIR": str(folder / "static")}
    with (
        gunicorn_server("profiling.bench.floors:function", GUNICORN, "/") as gunicorn,
        nginx_server(int(gunicorn.environ["APP_PORT"]), chosen) as ours,
        minimal(program, folder, int(gunicorn.environ["APP_PORT"])) as plain,
    ):
        yield [Serving("minimal", *plain), Serving("ours", ours.https_port, ours.server.pid)]


@contextmanager
def minimal(program: Path, folder: Path, app_port: int) -> Iterator[tuple[int, int]]:
    """Its port and process id. What both have in common is rendered from our own templates."""
    nginx, port = inspect(program), free_port()
    environ = {"APP_ENV": "development", "DATA_DIR": str(folder / "minimal")}
    conf = render.render(environ, nginx)
    user = f"user {runtime_dir.user(environ)};" if os.geteuid() == 0 else ""
    values = {"folder": conf.parent, "user": user, "workers": cgroup_cpus.available(), "app": app_port, "https": port}
    conf.write_text(MINIMAL.format(static=folder / "static", **values))
    with server(command(nginx, conf), {}) as running:
        running.wait_for(lambda: listens(port), "the minimal Nginx listens")
        yield port, running.pid
