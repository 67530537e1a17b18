"""What a response's `Cache-Status` says (RFC 9211), in words."""

import re
from dataclasses import dataclass
from typing import Any, Protocol

CACHE = "Hotroute"
MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
PARAMETER = re.compile(r';\s*([a-z*][a-z0-9_.*-]*)(?:=("(?:[^"\\]|\\.)*"|[^;]*))?')

REASONS = {
    "TRANSACTION-WAS-OLDER": "a statement of the view ran in a transaction that was begun before the request: so does a"
    " test that is wrapped in an outer transaction, and what it reads is nobody else's. Let the test commit, and"
    " empty the tables afterwards (hotroute.testing.emptied)",
    "REQUEST-WROTE": "the view wrote to the database",
    "UNPARSED-STATEMENT": "the view ran SQL text, which may read any table: declare the route's tags",
    "UNKNOWN-PARAMETER": "the query has a parameter that the route does not declare: name it in @hot(query=...)",
    "TOO-MANY-PARAMETERS": "the query has too many parameters",
    "CREDENTIALS-NOT-VALID": "the request's credentials are not valid, or the application cannot tell whose they are",
    "CREDENTIALS": "the request has credentials, and the route's answers are shared by those who have none",
    "STORE-UNREACHABLE": "Redis could not be reached",
    "INVALIDATING": "a write was under way, or Redis has just started and is not trusted before one mark TTL has"
    " passed: give tests a short one (mark_ttl=0.3), and wait for it with the fixture hot_cache",
    "COLLAPSED-NOT": "somebody else was finding the answer, and no thread was free to wait for it",
    "SET-COOKIE": "the response sets a cookie",
    "NO-STORE": "the response says Cache-Control: no-store",
    "PRIVATE": "the response says Cache-Control: private",
    "VARY": "the response varies on a field that the route does not declare: name it in @hot(vary=...)",
    "ENCODED": "the view encoded its response itself",
    "STREAMED": "the response is streamed, or does not say its length",
    "LARGE": "the response is too large to keep",
    "STATUS": "the response's status is none that the route stores: see @hot(statuses=...)",
}

NOT_HOT = (
    "there is no Cache-Status: the view is not hot (is @hot right below the route's decorator?), or the method is not"
    " GET or HEAD, or hotroute.cache.init_app was not called"
)


class Headers(Protocol):
    def get(self, name: str, /) -> Any: ...


class Response(Protocol):
    """Of Flask's test client, http.client, urllib, requests or httpx."""

    @property
    def headers(self) -> Headers: ...


@dataclass(frozen=True, slots=True)
class Status:
    """What the cache did with a request; `detail` is why it did no more. A hit is also what another request's answer
    served, which had been asked before it (`collapsed`).
    """

    text: str
    hit: bool = False
    stored: bool = False
    detail: str = ""

    def __str__(self) -> str:
        return f"Cache-Status: {self.text} ({self.why})" if self.text else self.why

    @property
    def why(self) -> str:
        if not self.text:
            return NOT_HOT
        if self.hit or self.stored:
            return "answered from the cache" if self.hit else "the view answered, and that was stored"
        known = (words for name, words in REASONS.items() if name in self.detail)
        return next(known, self.detail.lower() or "it was invalidated while the view ran")


def read(response: Response) -> Status:
    """The status that our cache gave; nearer caches may have added theirs after it."""
    for member in MEMBER.findall(response.headers.get("Cache-Status") or ""):
        name, _, rest = member.strip().partition(";")
        if name.strip() == CACHE:
            given = {key: value.strip().strip('"') for key, value in PARAMETER.findall(";" + rest)}
            hit, stored = is_true(given, "hit") or is_true(given, "collapsed"), is_true(given, "stored")
            return Status(member.strip(), hit, stored, given.get("detail", "").upper())
    return Status("")


def is_true(given: dict[str, str], name: str) -> bool:
    return name in given and given[name] != "?0"
