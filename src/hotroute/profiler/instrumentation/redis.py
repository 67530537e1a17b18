"""What an application asks of Redis through redis-py, the cache's own connections aside: those tell by themselves."""

from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any

from redis import Redis
from redis.client import Pipeline

from hotroute import instrumentation


def watch() -> None:
    """Once in a process, however often it is called."""
    if not hasattr(Redis.execute_command, "__wrapped__"):
        Redis.execute_command = timed(Redis.execute_command, first_word)  # type: ignore[method-assign]
        Pipeline.execute = timed(Pipeline.execute, lambda _: "pipeline")  # type: ignore[method-assign]


def first_word(arguments: tuple[Any, ...]) -> str:
    """The command; keys and values are not for keeping."""
    return str(arguments[0]).split(" ", 1)[0][:20].upper() if arguments else ""


def timed(execute: Callable[..., Any], name: Callable[[tuple[Any, ...]], str]) -> Callable[..., Any]:
    @wraps(execute)
    def executed(self: Any, *arguments: Any, **named: Any) -> Any:
        listener = instrumentation.current.get()
        if listener is None:
            return execute(self, *arguments, **named)
        began = perf_counter()
        try:
            return execute(self, *arguments, **named)
        finally:
            listener.record_event("cache", began, name(arguments))

    return executed
