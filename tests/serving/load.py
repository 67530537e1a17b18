"""Load from kept-alive clients, bounded in number and time, that counts what failed and what ran twice."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from pathlib import Path

SOCKET_TIMEOUT = 60.0


@dataclass
class Load:
    """Clients that GET `/pid` and POST `/post`, each POST with a line of its own, until they are told to stop.

    Args:
        port: of the server on localhost; TLS if there is a `trust`.
        share_of_posts: of 1.
        keep_alive: whether a client stays on its connection, or makes one for each request.
        at_most: requests in all, a bound for when nothing goes as planned.
        seconds: likewise, in time.
    """

    port: int
    trust: ssl.SSLContext | None = None
    clients: int = 16
    share_of_posts: float = 0.3
    keep_alive: bool = True
    at_most: int = 1_000_000
    seconds: float = 600
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._names = count()
        self._deadline = time.monotonic() + self.seconds

    @contextmanager
    def running(self, at_least: int = 0) -> Iterator["Load"]:
        """Load during the block, and after it until `at_least` requests were sent."""
        threads = [threading.Thread(target=self._client, name=f"client-{number}") for number in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
            while self.sent < at_least and time.monotonic() < self._deadline:
                time.sleep(0.02)
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more requests were sent: an event meets traffic, however slow the machine is."""
        target = self.sent + more
        while self.sent < target and time.monotonic() < self._deadline:
            time.sleep(0.005)

    def _connect(self) -> HTTPConnection:
        if self.trust:
            return HTTPSConnection("localhost", self.port, context=self.trust, timeout=SOCKET_TIMEOUT)
        return HTTPConnection("localhost", self.port, timeout=SOCKET_TIMEOUT)

    def _client(self) -> None:
        connection = self._connect()
        try:
            while not self._stop.is_set() and self.sent < self.at_most and time.monotonic() < self._deadline:
                self._one(connection)
        finally:
            connection.close()

    def _one(self, connection: HTTPConnection) -> None:
        number = next(self._names)
        is_post = number % 100 < self.share_of_posts * 100
        line = f"post-{number}"
        try:
            connection.request("POST", "/post", line) if is_post else connection.request("GET", "/pid")
            response = connection.getresponse()
            response.read()
            if not self.keep_alive:
                connection.close()
            problem = "" if response.status == 200 else f"{response.status}"
        except (OSError, HTTPException) as error:
            connection.close()
            problem = repr(error)
        with self._lock:
            self.sent += 1
            if problem:
                self.failed.append(f"{'POST' if is_post else 'GET'} {number}: {problem}")
            elif is_post:
                self.posted.append(line)

    def executed_twice(self, notes: Path) -> list[str]:
        return [line for line, times in Counter(notes.read_text().split()).items() if times > 1]

    def lost(self, notes: Path) -> set[str]:
        """POSTs that were answered with 200 and are not in the notes."""
        return set(self.posted) - set(notes.read_text().split())
