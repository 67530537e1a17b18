"""What a response's `Cache-Status` says (RFC 9211), in words."""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from hotroute.cache.reasons import Reason, describe

CACHE = "Hotroute"
MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
PARAMETER = re.compile(r';\s*([a-z*][a-z0-9_.*-]*)(?:=("(?:[^"\\]|\\.)*"|[^;]*))?')

HINTS: dict[str, str] = {
    Reason.STALE_TRANSACTION: "; so does a test that is wrapped in an outer transaction, and what it reads is nobody"
    " else's. Let the test commit, and empty the tables afterwards (hotroute.testing.truncate_all)",
    Reason.CREDENTIALS_NOT_VALID: "; a test client keeps the cookies that it is given: see"
    " app.test_client(use_cookies=False)",
    Reason.INVALIDATING: "; give tests a short mark_ttl, such as 0.3, and wait for its end with the fixture hot_cache",
}
"""What a test can do about it."""

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
            made = "answered from the cache" if self.hit else "the view answered, and that was stored"
            return f"{made}; {describe(self.detail)}" if self.detail == Reason.UNDECLARED_TABLE else made
        return describe(self.detail) + HINTS.get(self.detail, "") if self.detail else "it was not stored"


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
