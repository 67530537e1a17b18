"""Finding the application that a worker or the stream serves."""

import sys
from importlib import import_module
from pathlib import Path

from flask import Flask


class NoApplicationError(LookupError):
    """The location names nothing that is a Flask application or makes one."""


def load_application(location: str) -> Flask:
    """Import `module:name`, an application or a factory without required arguments.

    Raises:
        NoApplicationError: it is neither.
    """
    sys.path.insert(0, str(Path.cwd()))
    module, _, name = location.partition(":")
    found = getattr(import_module(module), name.removesuffix("()") or "app")
    app = found if isinstance(found, Flask) else found()
    if not isinstance(app, Flask):
        raise NoApplicationError(f"{location} is no Flask application")
    return app
