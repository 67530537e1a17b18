"""What each Gunicorn worker must do first: the application is imported before the fork (`preload_app`)."""

from collections.abc import Callable
from typing import Any, TypeVar

Callback = TypeVar("Callback", bound=Callable[[], object])

callbacks: list[Callable[[], object]] = []


def after_fork(callback: Callback) -> Callback:
    """Have `callback()` run once in every worker, before its first request. Usable as a decorator.

    A connection that was opened before the fork would be shared by every worker: drop it here. Nothing is registered
    by default, because nothing opens a connection on import.
    """
    callbacks.append(callback)
    return callback


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """Gunicorn's server hook of that name (Gunicorn's manual, Settings, Server Hooks)."""
    for callback in callbacks:
        callback()
