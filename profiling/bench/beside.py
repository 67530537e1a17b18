"""What the cache costs elsewhere: a write's latency with and without it, and Redis's memory."""

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

import redis

from profiling.bench.cases import CONDUIT, HOT
from profiling.bench.rounds import Target, UnexpectedAnswerError

WRITES = 400
"""Pairs of them, one beside the other."""
MOST = 1.0
"""Milliseconds by which the cache may slow a write down."""
ENTRIES = 100


def facts(targets: Sequence[Target]) -> dict[str, str]:
    found = {}
    for name in dict.fromkeys(target.case.site.database for target in targets if target.case.site.name == HOT.name):
        own = {target.case.site.name: target for target in targets if target.case.site.database == name}
        signed_in = next(target for target in targets if target.case.signed_in and target.case.site.database == name)
        found[f"Redis memory, {name}"] = memory(own[HOT.name])
        found[f"a write, {name}"] = writes(own[CONDUIT.name], own[HOT.name], signed_in.headers)
    return found


def writes(plain: Target, hot: Target, headers: Mapping[str, str]) -> str:
    """One client favours an article and takes it back, another article each, in turn: medians, in milliseconds."""
    clients = [Client(plain), Client(hot)]
    slugs = [article["slug"] for article in clients[0].call("GET", "/api/articles?limit=2", {})["articles"]]
    times: list[list[float]] = [[], []]
    for number in range(WRITES):
        for client, slug, own in zip(clients, slugs, times, strict=True):
            began = perf_counter()
            client.call("DELETE" if number % 2 else "POST", f"/api/articles/{slug}/favorite", headers)
            own.append((perf_counter() - began) * 1000)
    one, other = map(median, times)
    verdict = "met" if other - one <= MOST else "NOT MET"
    return f"{one:.2f} ms without the cache, {other:.2f} with it (one client, medians); at most {MOST} more: {verdict}"


def memory(hot: Target) -> str:
    """Bytes of Redis for an entry with its encodings, as the server counts what it uses."""
    client = Client(hot)
    told = []
    with redis.Redis(port=int(hot.environ["REDIS_PORT"])) as server:
        for limit in (1, 20):
            paths = [f"/api/articles?limit={limit}&offset={number}" for number in range(1, ENTRIES + 1)]
            before = server.info("memory")["used_memory"]
            sizes = [len(json.dumps(client.call("GET", path, {}))) for path in paths]
            used = (server.info("memory")["used_memory"] - before) / ENTRIES
            told.append(f"{used:,.0f} bytes for {median(sizes):,.0f} of JSON")
    return f"{', '.join(told)} (per entry, with its compressed variants)"


class Client:
    """One kept-alive connection."""

    def __init__(self, target: Target) -> None:
        self.connection = HTTPConnection(urlsplit(target.url).netloc, timeout=10)

    def call(self, method: str, path: str, headers: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
        self.connection.request(method, path, headers=dict(headers))
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise UnexpectedAnswerError(f"{method} {path} answers {response.status} {body[:200]!r}")
        answer: dict[str, list[dict[str, str]]] = json.loads(body)
        return answer
