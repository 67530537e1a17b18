"""Clients of Conduit: writers that raise numbers, readers that look at them."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any

from sqlalchemy import Connection, select

from conduit.models.tables import articles, users
from tests.conduit.torture.history import History, Subject, Values

STATEMENT = select(articles.c.slug, articles.c.description, users.c.username, users.c.bio).join_from(articles, users)
PAUSE = 0.15
"""Seconds between two writes of a writer, at most: readers need the time to hit."""


class Client(ExitStack):
    """One kept-alive connection, a context manager."""

    def __init__(self, port: int) -> None:
        super().__init__()
        # Longer than anything takes: a request that was given up could still commit after the next one.
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.callback(self.connection.close)

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, str, Any]:
        """Status, Cache-Status and JSON; the status is 0 where the connection broke, which acknowledges nothing."""
        headers = {"Authorization": f"Token {token}"} if token else {}
        sent = None if body is None else json.dumps(body)
        if sent:
            headers["Content-Type"] = "application/json"
        try:
            self.connection.request(method, f"/api{path}", sent, headers)
            response = self.connection.getresponse()
            return response.status, response.headers["Cache-Status"] or "", json.loads(response.read() or b"null")
        except (OSError, HTTPException, ValueError):
            self.connection.close()
            return 0, "", None


def stored(connection: Connection) -> Values:
    """What is committed now."""
    return values(
        {"slug": row.slug, "description": row.description, "author": {"username": row.username, "bio": row.bio}}
        for row in connection.execute(STATEMENT)
    )


def values(found: Any) -> dict[Subject, int]:
    """The numbers in articles."""
    seen: dict[Subject, int] = {}
    for article in found:
        author = article["author"]
        seen["description", article["slug"]] = int(article["description"])
        seen["bio", author["username"]] = int(author["bio"])
    return seen


def read(client: Client, path: str, token: str = "") -> tuple[str, Values] | None:
    status, cache, found = client.call("GET", path, token=token)
    if status != 200:
        return None
    if "profile" in found:
        return cache, {("bio", found["profile"]["username"]): int(found["profile"]["bio"])}
    return cache, values(found["articles"] if "articles" in found else [found["article"]])


class Crowd:
    """
    Args:
        port: of the application.
        tokens: by username; each of them writes their own article, whose slug is their name, and their own account.
        history: of what they see.
        connect: to the database.
    """

    def __init__(
        self, port: int, tokens: Mapping[str, str], history: History, connect: Callable[[], Connection]
    ) -> None:
        self.port, self.tokens, self.history, self.connect = port, tokens, history, connect
        self.writing, self.reading = Event(), Event()
        somebody = next(iter(tokens))
        self.paths = ["/articles", f"/profiles/{somebody}", *(f"/articles/{name}" for name in tokens)]
        self.callers = ["", tokens[somebody]]

    @contextmanager
    def running(self, readers: int) -> Iterator[None]:
        """Readers and writers within the block; the writers stop first."""
        with ExitStack() as stack:
            stack.enter_context(threads(self.reading, [self.read] * readers))
            stack.enter_context(threads(self.writing, [partial(self.write, name) for name in self.tokens]))
            yield

    def write(self, name: str) -> None:
        chance, value = random.Random(name), 0
        with Client(self.port) as client:
            while not self.writing.wait(chance.random() * PAUSE):
                value += 1
                kind, path, body = chance.choice(WRITES)
                status, _, _ = client.call("PUT", path.format(name), json.loads(body % value), self.tokens[name])
                if status == 200:
                    self.history.acknowledge((kind, name), value)
                else:
                    self.history.count(f"writes answered {status or 'not at all'}")

    def read(self) -> None:
        chance = random.Random()
        with Client(self.port) as client, self.connect() as connection:
            while not self.reading.is_set():
                path, token = chance.choice(self.paths), chance.choice(self.callers)
                self.history.observe(partial(read, client, path, token), partial(stored, connection))

    def look_around(self, committed: Values) -> None:
        """Every path for every caller, twice: what is stored by the first is served to the second."""
        asked = [(path, token) for path in self.paths for token in self.callers]
        with Client(self.port) as client:
            for path, token in asked * 2:
                self.history.settle(partial(read, client, path, token), committed)


WRITES = (
    ("description", "/articles/{}", '{"article": {"description": "%d"}}'),
    ("bio", "/user", '{"user": {"bio": "%d"}}'),
)


@contextmanager
def threads(stop: Event, works: list[Callable[[], None]]) -> Iterator[None]:
    failed: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as reason:
            failed.append(reason)
            raise

    started = [Thread(target=run, args=(work,)) for work in works]
    for thread in started:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in started:
            thread.join()
    if failed:
        raise failed[0]
