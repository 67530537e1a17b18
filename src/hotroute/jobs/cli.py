"""`hotroute jobs`: the workers' command."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click
from flask import Flask

from hotroute.jobs.backends.base import Pool
from hotroute.jobs.extension import JobsState, get_state
from hotroute.jobs.loading import load_application


@click.group()
def jobs() -> None:
    """Run the workers of jobs."""


@jobs.command()
@click.argument("queues", nargs=-1, metavar="[QUEUE]...")
@click.option(
    "--app", "location", default="wsgi:app", show_default=True, metavar="MODULE:NAME", help="The application."
)
@click.option("--concurrency", default=0, metavar="N", help="Jobs at once; one for each CPU unless given.")
@click.option(
    "--pool", type=click.Choice(get_args(Pool)), default="processes", show_default=True, help="What runs them."
)
def work(queues: tuple[str, ...], location: str, concurrency: int, pool: Pool) -> None:
    """Work on QUEUES, all of them unless some are named, until a signal says to stop.

    CPU-bound queues want processes, one for each CPU; I/O-bound ones want threads or gevent, and many more.
    """
    app = load_application(location)
    state = get_state(app)
    chosen = choose_queues(state, queues)
    run = in_application_context(app, state)
    state.relay.start()
    try:
        state.backend.work(run, chosen, concurrency or os.cpu_count() or 1, pool)
    finally:
        state.relay.stopped.set()


def choose_queues(state: JobsState, queues: tuple[str, ...]) -> list[str]:
    known = state.relay.registry.queues
    if unknown := sorted(set(queues) - set(known)):
        raise click.BadParameter(f"no kind of job has the queue {unknown[0]!r}; there are: {', '.join(known)}")
    return list(queues) or known


def in_application_context(app: Flask, state: JobsState) -> Callable[[str], None]:
    def run(job_id: str) -> None:
        with app.app_context():
            state.runner.run(job_id)

    return run


@jobs.command()
@click.option(
    "--app", "location", default="wsgi:app", show_default=True, metavar="MODULE:NAME", help="The application."
)
def stream(location: str) -> None:
    """Serve the progress of jobs to those who listen, on JOBS_STREAM_PORT: Server-Sent Events and Socket.IO."""
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    served = "hotroute.jobs.stream.application:create_app()"
    config = "python:hotroute.jobs.stream.gunicorn_config"
    path = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    # gevent patches before anything is imported: what took a lock or a thread before would keep it.
    command = [sys.executable, "-m", "gevent.monkey", gunicorn, "--config", config, served]
    os.execve(sys.executable, command, {**os.environ, "HOTROUTE_JOBS_APP": location, "PYTHONPATH": path})  # noqa: S606
