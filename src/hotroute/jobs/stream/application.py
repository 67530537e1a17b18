"""The stream's application: the project's own, with the resources that keep a connection open."""

import os
from inspect import iscoroutinefunction

from flask import Flask

from hotroute.jobs.extension import get_state
from hotroute.jobs.loading import load_application
from hotroute.jobs.stream.events import make_blueprint
from hotroute.jobs.stream.sockets import add_socketio

APP = "HOTROUTE_JOBS_APP"
"""The variable by which `hotroute jobs stream` names the application to Gunicorn's worker."""


def create_app() -> Flask:
    """Add Server-Sent Events and Socket.IO to the application; authorisation stays the application's own."""
    app = load_application(os.environ[APP])
    state = get_state(app)
    # Flask runs such a hook in an event loop, which gevent's greenlets cannot have two of in one thread.
    hooks = app.teardown_appcontext_funcs
    hooks[:] = [hook for hook in hooks if not iscoroutinefunction(hook)]
    app.register_blueprint(make_blueprint(state))
    if state.options.message_queue:
        add_socketio(app, state, list(state.options.stream_origins))
    return app
