"""Where the time goes: every request counted, some looked at closely, and what to do about it."""

from flask import Flask

from hotroute.extras import extra
from hotroute.lifecycle import on_close

with extra("profiler"):
    from hotroute.profiler import dashboard
    from hotroute.profiler.flask_profiler import instrument, page
    from hotroute.profiler.instrumentation import http_client, redis, sqlalchemy
    from hotroute.profiler.middleware import ProfilerMiddleware
    from hotroute.profiler.options import EXTENSION, Options, completed
    from hotroute.profiler.request import call_site
    from hotroute.profiler.worker.recorder import Recorder

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
    instrument.init_app(app, chosen)
    page.harden(app)
    dashboard.init_app(app, chosen, recorder.history)
    call_site.add_application(app.root_path)
    for engine in chosen.engines:
        sqlalchemy.watch(engine)
    http_client.watch()
    redis.watch()
    app.wsgi_app = ProfilerMiddleware(app.wsgi_app, recorder)  # type: ignore[method-assign]
