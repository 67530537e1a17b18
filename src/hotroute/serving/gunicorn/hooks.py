"""What is done around a fork to a Gunicorn worker: the application is imported before it (`preload_app`)."""

import gc
import os
import signal
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from hotroute import request_log

Callback = TypeVar("Callback", bound=Callable[[], object])

callbacks: list[Callable[[], object]] = []
workers: set[int] = set()
"""This process, if it is a worker: one that imports the application itself registers what the fork is past."""

signals_of_the_master: list[SimpleQueue[int]] = []
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


def after_fork(callback: Callback) -> Callback:
    """Have `callback()` run once in every worker, before its first request. Usable as a decorator.

    A socket that was opened before the fork would be shared by every worker: drop it here. The connections of
    SQLAlchemy's engines, the cache and the profiler are dropped by `hotroute.fork_safety` already.
    """
    callbacks.append(callback)
    if os.getpid() in workers:
        callback()
    return callback


def pre_fork(_arbiter: Any, _worker: Any) -> None:
    """Gunicorn's server hook of that name: no collector looks at what was imported again, in any process.

    Of Conduit that is 140,000 objects, and a look at them 75 ms: in which no request of a worker goes on, which copies
    the memory that workers share, and of which the end of each process takes several (Python's manual, `gc.freeze`).
    """
    gc.collect()
    gc.freeze()


def post_fork(arbiter: Any, _worker: Any) -> None:
    """Gunicorn's server hook of that name (Gunicorn's manual, Settings, Server Hooks)."""
    workers.add(os.getpid())
    request_log.write_together()
    signals_of_the_master.append(arbiter.SIG_QUEUE)
    for callback in callbacks:
        callback()


def post_worker_init(_worker: Any) -> None:
    """Gunicorn's server hook of that name: the worker's own signal handlers are in place now.

    Until here a signal went to the handler inherited from the master, which only queues it (gunicorn 27.0.1,
    Arbiter.signal). A worker that was told to stop then would go on, the master would wait for it until
    graceful_timeout, and then kill it with its requests.
    """
    for queue in signals_of_the_master:
        for number in STOP_SIGNALS.intersection(drained(queue)):
            os.kill(os.getpid(), number)


def drained(queue: SimpleQueue[int]) -> list[int]:
    numbers = []
    try:
        while True:
            numbers.append(queue.get_nowait())
    except Empty:
        return numbers
