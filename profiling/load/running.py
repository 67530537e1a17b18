"""The load itself: connections that call one after the other, without a pause, until each has made its calls."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from time import monotonic, time
from typing import NamedTuple
from urllib.parse import urlsplit

from profiling.load import mix
from profiling.load.mix import Ask, User
from profiling.load.world import World

MOST_WRONG = 20


class Load(NamedTuple):
    """Which calls, and how many of them: `calls` on each connection, or as many as `seconds` allow."""

    seed: int
    connections: int
    calls: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.connections} connections with {self.calls:,} calls each, without a pause, seed {self.seed}"


@dataclass
class Done:
    """What a run, or a connection's part of it, completed.

    Attributes:
        began, ended: Unix seconds.
        calls: answers as they were to be, by method and path without what names a row.
        wrong: lines about answers that were not, the first few.
    """

    began: float
    ended: float
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.calls.total()

    @property
    def rate(self) -> float:
        return self.requests / max(0.001, self.ended - self.began)


def run(port: int, world: World, load: Load) -> Done:
    whole, until = Done(time(), 0.0), monotonic() + load.seconds
    with ThreadPoolExecutor(load.connections) as pool:
        parts = list(pool.map(lambda user: sit(port, user, load.calls, until), users(world, load)))
    for part in parts:
        whole.calls.update(part.calls)
        whole.wrong += part.wrong
    whole.ended = time()
    return whole


def users(world: World, load: Load) -> list[User]:
    """One for each connection: what they call depends on the seed and their number, not on each other's pace."""
    numbers = range(load.connections)
    return [User(world, world.people[number], number, Random(f"{load.seed}:{number}")) for number in numbers]


def sit(port: int, user: User, calls: int, until: float) -> Done:
    done = Done(time(), 0.0)
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        for _ in range(calls):
            if monotonic() > until:
                break
            call(connection, user, mix.choose(user), done)
    finally:
        connection.close()
    return done


def call(connection: HTTPConnection, user: User, ask: Ask, done: Done) -> None:
    try:
        status, body = send(connection, user, ask)
    except (OSError, HTTPException) as error:
        connection.close()
        status, body = 0, repr(error).encode()
    if status in ask.right:
        done.calls[f"{ask.method} {urlsplit(ask.path).path.split('/')[2]}"] += 1
        if ask.method in {"POST", "PUT"}:
            mix.remember(user, ask, json.loads(body))
    elif len(done.wrong) < MOST_WRONG:
        done.wrong.append(f"{ask.method} {ask.path}: {status} {body[:100]!r}")


def send(connection: HTTPConnection, user: User, ask: Ask) -> tuple[int, bytes]:
    headers = {"Authorization": f"Token {user.person.token}"} if ask.signed_in else {}
    body = None
    if ask.json is not None:
        headers["Content-Type"], body = "application/json", json.dumps(ask.json).encode()
    connection.request(ask.method, ask.path, body, headers)
    response = connection.getresponse()
    return response.status, response.read()
