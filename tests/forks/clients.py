"""Clients that ask for numbers, many at once, and check each answer."""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from json import loads

CLIENTS = 16
WAYS = ("session", "engine", "reader", "pool", "cache", "redis")


@dataclass
class Seen:
    """What came back: how often which outcome, and from which processes."""

    outcomes: Counter[str] = field(default_factory=Counter)
    processes: set[int] = field(default_factory=set)


def ask(port: int, way: str, requests: int) -> Seen:
    """Send `requests`, each with a number of its own."""
    seen = Seen()
    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = [range(first, requests, CLIENTS) for first in range(CLIENTS)]
        list(pool.map(lambda numbers: ask_in_turn(port, way, numbers, seen), shares))
    return seen


def ask_in_turn(port: int, way: str, numbers: Iterable[int], seen: Seen) -> None:
    # A connection each: a worker that has one would get all that follows on it.
    for number in numbers:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", f"/echo/{way}/{number}")
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as reason:
            seen.outcomes[type(reason).__name__] += 1
            continue
        finally:
            connection.close()
        seen.outcomes[judge(response.status, body, number, seen)] += 1


def judge(status: int, body: bytes, number: int, seen: Seen) -> str:
    if status != 200:
        return str(status)
    answer = loads(body)
    seen.processes.add(answer["pid"])
    return "right" if answer["number"] == number else "wrong"
