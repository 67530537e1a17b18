"""Close an application: end the threads and connections that were started for it."""

from collections.abc import Callable

from flask import Flask

EXTENSION = "hotroute.close"


def on_close(app: Flask, callback: Callable[[], object]) -> None:
    """Have `close(app)` call `callback()`; the last one that was registered is called first."""
    app.extensions.setdefault(EXTENSION, []).append(callback)


def close(app: Flask) -> None:
    """End what runs for `app` in this process. No request may come afterwards; a second call does nothing."""
    for callback in reversed(app.extensions.pop(EXTENSION, [])):
        callback()
