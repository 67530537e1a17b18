"""Where the time goes: every request counted, some looked at closely, and what to do about it."""

from flask import Flask

from hotroute.lifecycle import on_close
from hotroute.profiler import dashboard, measure, outgoing, places, redis_calls, statements
from hotroute.profiler.options import EXTENSION, Options, completed
from hotroute.profiler.recorder import Recorder
from hotroute.profiler.shell import Shell

__all__ = ["Options", "init_app"]


def init_app(app: Flask, options: Options) -> None:
    """Put the profiler around `app`, after everything else that is put around it.

    What the application's configuration says as `flask_profiler` completes the options, with Flask-Profiler's keys.

    Raises:
        ValueError: the options or the configuration cannot be used, or the application has a profiler already.
    """
    chosen = completed(options, app.config.get("flask_profiler") or app.config.get("FLASK_PROFILER") or {})
    if not chosen.enabled:
        return
    if EXTENSION in app.extensions:
        raise ValueError("this application has a profiler already")
    recorder = app.extensions[EXTENSION] = Recorder(chosen)
    on_close(app, recorder.history.close)
    on_close(app, recorder.close)
    measure.init_app(app, chosen)
    dashboard.init_app(app, chosen, recorder.history)
    places.add_application(app.root_path)
    for engine in chosen.engines:
        statements.watch(engine)
    outgoing.watch()
    redis_calls.watch()
    app.wsgi_app = Shell(app.wsgi_app, recorder)  # type: ignore[method-assign]
