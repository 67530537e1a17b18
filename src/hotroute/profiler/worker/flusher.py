"""The thread that gives the storage what requests left; a storage that fails is nobody else's trouble."""

import logging
import os
import secrets
import socket
from collections import deque
from random import random
from threading import Event, Lock, Thread
from time import monotonic, perf_counter, sleep, thread_time, time
from typing import TYPE_CHECKING, Any

from hotroute.profiler.model.records import Batch
from hotroute.profiler.storage.writer import Storage
from hotroute.profiler.worker import aggregate, store_gauges
from hotroute.profiler.worker.heartbeat import Pulses

if TYPE_CHECKING:
    from hotroute.profiler.options import Options
    from hotroute.profiler.request.inbox import Inbox
    from hotroute.profiler.worker.watchdog import Watchdog

log = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds. A worker that is killed loses as much; to write twice as often costs requests half as much again."""

MOST_HELD = 100_000
"""Requests that are kept while the storage fails."""

MOST_BATCHES = 600
LAST_SECONDS = 5.0
"""For which a worker that ends goes on trying."""


class Flusher:
    """
    Attributes:
        backlog: batches that the storage has not taken, the oldest first.
    """

    def __init__(self, inbox: "Inbox", watchdog: "Watchdog") -> None:
        self.inbox, self.watchdog = inbox, watchdog
        self.turn, self.stopped = Lock(), Event()
        self.backlog = deque[Batch]()
        self.storage: Storage | None = None
        self.prepared = self.failing = False
        self.told_dropped = 0
        self.pulses = Pulses(inbox, watchdog)
        self.gauges = store_gauges.Gauges(inbox.options.store)
        self.counts = aggregate.Counts()
        self.thread: Thread | None = None

    def start(self) -> None:
        self.thread = Thread(target=self.run, name="profiler-flusher", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.stopped.set()
        if self.thread:
            self.thread.join(LAST_SECONDS * 2)

    def run(self) -> None:
        # Workers that start together need not write together.
        pause = INTERVAL * random()  # noqa: S311
        while not self.stopped.wait(pause):
            pause = INTERVAL
            self.flush()
        self.finish()

    def finish(self) -> None:
        deadline = monotonic() + LAST_SECONDS
        self.flush()
        while self.backlog and monotonic() < deadline:
            sleep(0.2)
            self.flush()
        if self.storage:
            self.storage.close()

    def flush(self) -> bool:
        """Give the storage everything; whether it took it."""
        with self.turn:
            try:
                self.hold(self.collect())
                while self.backlog:
                    self.opened().write(self.backlog[0])
                    self.backlog.popleft()
                self.opened().keep()
            except Exception as reason:
                self.fail(reason)
                return False
            self.succeed()
            return True

    def collect(self) -> Batch:
        inbox, epoch = self.inbox, time() - perf_counter()
        records, samples = drained(inbox.requests), drained(inbox.samples)
        batch = aggregate.build_batch(inbox.options, records, samples, epoch)
        inbox.thresholds.learn(batch.requests, monotonic())
        batch.pulses.append(self.pulses.take(batch.requests, thread_time() + self.watchdog.cpu))
        batch.gauges = self.gauges.read()
        self.counts.add(batch)
        return batch

    def hold(self, batch: Batch) -> None:
        self.backlog.append(batch)
        while len(self.backlog) > MOST_BATCHES or sum(each.counted for each in self.backlog) > MOST_HELD:
            gone = self.backlog.popleft()
            self.inbox.dropped += gone.counted + len(gone.samples)

    def opened(self) -> Storage:
        if self.storage is None:
            self.storage = open_storage(self.inbox.options)
        if not self.prepared:
            self.storage.prepare()
            self.prepared = True
        return self.storage

    def fail(self, reason: Exception) -> None:
        if not self.failing:
            self.failing, self.told_dropped = True, self.inbox.dropped
            words = f"{type(reason).__name__}: {reason}".splitlines()[0]
            log.warning("the profiler's storage fails, what was measured is kept for a while: %s", words)

    def succeed(self) -> None:
        if self.failing:
            self.failing = False
            lost = self.inbox.dropped - self.told_dropped
            log.warning("the profiler's storage works again; %d records were dropped meanwhile", lost)


def open_storage(options: "Options") -> Storage:
    host, pid = socket.gethostname(), os.getpid()
    # Processes get each other's numbers in the course of time.
    worker = f"{host}-{pid}-{secrets.token_hex(3)}"
    return Storage(options.url, release=options.release, worker=worker, host=host, pid=pid)


def drained(queue: deque[Any]) -> list[Any]:
    return [queue.popleft() for _ in range(len(queue))]
