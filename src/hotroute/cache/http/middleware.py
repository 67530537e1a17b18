"""WSGI middleware in front of Flask: a hit is answered here, from stored bytes; a miss is captured and stored."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import sleep, time
from typing import TYPE_CHECKING, Any

from hotroute.cache.declared_tags import undeclared_tables
from hotroute.cache.http import entry as http_entry
from hotroute.cache.http import policy, response_headers
from hotroute.cache.http.buffered_response import BufferedResponse
from hotroute.cache.http.entry import EntryMetadata, ViewResponse
from hotroute.cache.http.fill import fill_environ, is_partly_asked, obstacle, undeclared_dependency
from hotroute.cache.http.flask_dispatch import HELD, Held
from hotroute.cache.http.key import NotKeyable, key
from hotroute.cache.http.policy import Headers
from hotroute.cache.http.request import CacheLookup, Principal, Request, declared, identify
from hotroute.cache.http.routes import Matcher
from hotroute.cache.http.unsafe_methods import SAFE, changed, tag
from hotroute.cache.reasons import Reason, describe, token
from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.store.base import IDENTITY, Entry, FillRequest, Flight, LookupResult, LookupState, Store
from hotroute.cache.store.lease_renewal import Leases
from hotroute.cache.tracking import reads
from hotroute.instrumentation import CACHE_RESULT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.02
"""Seconds between two looks for a leader's answer."""


@dataclass(frozen=True, slots=True)
class CacheConfig:
    """What the front knows of the application behind it.

    Attributes:
        match: the hot route of a path, if it has one.
        tables: every table's name, for routes that do not declare tags.
        views: the tables that each view of the database reads.
        principal: who asks.
        decorate: header fields that belong to each answer anew, such as CORS's.
        logged: names in the WSGI environment of what is read for logs only.
    """

    match: Matcher
    tables: Callable[[], Iterable[str]]
    views: Mapping[str, Iterable[str]]
    principal: Principal
    decorate: Callable[["WSGIEnvironment"], Headers]
    logged: frozenset[str]


class CacheMiddleware:
    """
    Args:
        app: what answers a miss.
        store: of responses.
    """

    def __init__(self, app: "WSGIApplication", store: Store, around: CacheConfig) -> None:
        self.app, self.store, self.around = app, store, around
        self.leases = Leases(store)
        self.level = getattr(store, "level", "store")
        self.one_process, self.warned = getattr(store, "one_process", False), False
        self.reported = set[tuple[str, str]]()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self.app(environ, start_response if method in SAFE else self.changing(environ, start_response))
        matched = self.around.match(environ.get("PATH_INFO", ""))
        if matched is None:
            return self.app(environ, start_response)
        asked = Request(matched.hot, matched, environ, start_response)
        try:
            wanted = self.wanted(asked)
        except NotKeyable as reason:
            return self.bypass(asked, f"fwd=bypass; detail={reason}")
        return self.answer(asked, wanted)

    def changing(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "StartResponse":
        """For an unsafe request, whose answer waits until what it changed is invalidated (RFC 9111, section 4.4)."""

        def start(line: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            if line[:1] in ("2", "3"):
                self.invalidate(environ, headers)
            return start_response(line, headers, exc_info)

        return start

    def invalidate(self, environ: "WSGIEnvironment", headers: Headers) -> None:
        paths = {path for path in changed(environ, headers) if self.around.match(path)}
        if not paths:
            return
        try:
            self.store.done(sorted(tag(environ, path) for path in paths), "nobody")
        except Unreachable as reason:
            # The write has happened. What it said to the database is followed, without Redis too.
            log.warning("what is stored for %s could not be invalidated: %s", ", ".join(sorted(paths)), reason)

    def wanted(self, asked: Request) -> CacheLookup:
        """What a request asks of the store.

        Raises:
            NotKeyable: it must not ask; the argument says why.
        """
        hot, environ = asked.hot, asked.environ
        if self.one_process and environ.get("wsgi.multiprocess"):
            self.warn()
            raise NotKeyable(Reason.SEVERAL_PROCESSES)
        if reason := policy.bypass_reason(environ):
            raise NotKeyable(reason)
        caller = identify(hot, environ, self.around.principal)
        name = key(hot, environ, caller if hot.share == "per-caller" else None)
        # Hooks see the body as the view made it.
        codings = (IDENTITY,) if asked.inside else response_headers.encodings(environ.get("HTTP_ACCEPT_ENCODING"))
        return CacheLookup(name, codings, caller)

    def warn(self) -> None:
        if not self.warned:
            self.warned = True
            log.warning("hot routes are not cached: %s", describe(Reason.SEVERAL_PROCESSES))

    def question(self, asked: Request, wanted: CacheLookup) -> FillRequest:
        """The same with all that the answer may depend on, for who would lead."""
        hot = asked.hot
        tags = tuple(self.around.tables()) if hot.tags is None else declared(hot.tags, asked.match, wanted.caller)
        tags = tuple(dict.fromkeys((*tags, tag(asked.environ))))
        return FillRequest(wanted.key, tags, wanted.encodings, secrets.token_hex(8))

    def answer(self, asked: Request, wanted: CacheLookup) -> Iterable[bytes]:
        if outer := reads.current.get():
            outer.mark_uncacheable("nested hot route")
        try:
            found, reason = self.look(asked, wanted)
        except Unreachable:
            return self.bypass(asked, f"fwd=bypass; detail={Reason.STORE_UNREACHABLE}")
        if found.entry:
            return self.hit(asked, wanted.key, found.entry, reason)
        if found.state is LookupState.LEAD and found.flight:
            return self.fill(asked, found.flight)
        return self.bypass(asked, reason)

    def look(self, asked: Request, wanted: CacheLookup) -> tuple[LookupResult, str]:
        """What the store has, and what `Cache-Status` says of it. A hit is the rule, and needs no tags."""
        found = self.store.find(wanted.key, wanted.encodings) or self.store.look(self.question(asked, wanted))
        if found.state is LookupState.WAIT and found.flight:
            return self.wait(found.flight)
        return found, "hit" if found.entry else f"fwd=miss; stored=?0; detail={Reason.INVALIDATING}"

    def wait(self, flight: Flight) -> tuple[LookupResult, str]:
        """For the leader's answer to the same question, or in its place if it dies: that shows one lease later.

        Any number may wait: the leader has its thread already, and to compute would take each thread for longer.
        """
        pause, waited = FIRST_PAUSE, 0.0
        while waited < 2 * self.store.lease_ttl:
            sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
            found = self.store.peek(flight)
            if found.entry:
                return found, "fwd=miss; collapsed"
            if found.state is LookupState.LEAD:
                return found, ""
            if found.state is LookupState.GAVE_UP:
                # Each finds its own, at once: they might all have none.
                return alone(Reason.LEADER_GONE)
        return alone(Reason.WAITED_TOO_LONG)

    def report(self, asked: Request, status: str) -> None:
        asked.environ[CACHE_RESULT] = (asked.match.rule, status, self.level)

    def bypass(self, asked: Request, status: str) -> Iterable[bytes]:
        self.report(asked, status)

        def start(line: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            return asked.start(
                line, response_headers.uncached_headers(asked.hot, headers, f"Hotroute; {status}"), exc_info
            )

        return self.app(asked.environ, start)

    def hit(self, asked: Request, key: str, entry: Entry, status: str) -> Iterable[bytes]:
        head = http_entry.opened(asked.hot, entry)
        if head is None:
            with suppress(Unreachable):
                self.store.forget(key)
            return self.bypass(asked, f"fwd=bypass; detail={Reason.CORRUPT_ENTRY}")
        if status == "hit":
            status = f"hit; ttl={response_headers.remaining(asked.hot, head, time())}"
        if not asked.inside:
            return self.send_entry(asked, head, entry, status, self.around.decorate(asked.environ))
        return self.replay(asked, head, entry, f"{status}; detail={Reason.INSIDE}")

    def replay(self, asked: Request, head: EntryMetadata, entry: Entry, status: str) -> Iterable[bytes]:
        """Have Flask run the hooks that a hit must not skip, with the entry in place of the view."""
        held = Held(head=head, body=entry.body)
        recorded = BufferedResponse(asked.start, asked.method)
        # What hooks do about a condition or a range is theirs to do on each hit.
        body = recorded.read(self.app({**asked.environ, "REQUEST_METHOD": "GET", HELD: held}, recorded.start))
        if not held.replayed:
            return self.send_buffered(asked, recorded, body, f"fwd=bypass; detail={Reason.HOOK_ANSWERED}")
        return self.send_buffered(asked, recorded, body, status, head, entry)

    def fill(self, asked: Request, flight: Flight) -> Iterable[bytes]:
        """Have the application answer for everybody who has the same question; store that if it may be."""
        self.report(asked, "fwd=miss")
        seen = reads.ReadCapture(self.store, declared=asked.hot.tags is not None)
        held = Held(keep=asked.inside)
        recorded = BufferedResponse(asked.start, asked.method)
        reset = reads.current.set(seen)
        try:
            own = [] if asked.inside else self.around.decorate(asked.environ)
            with self.leases.holding(flight):
                body = self.ask(asked, held, recorded)
        except BaseException:
            self.release_lease(flight)
            raise
        finally:
            reads.current.reset(reset)
        made = held.made if asked.inside else ViewResponse(recorded.status, recorded.headers, body)
        reason = obstacle(asked, recorded, held, made, own) or seen.reason
        reason = reason or undeclared_dependency(asked, held, self.around.principal, self.around.logged)
        if reason or made is None or made.body is None:
            self.release_lease(flight)
            status = f"fwd=miss; stored=?0; detail={token(reason or Reason.STREAMED)}"
            if not seen.has_written and is_partly_asked(asked, held, recorded):
                # For itself alone, it gets what the application makes of its conditions: a 304, a 206 or a 416.
                recorded.close()
                return self.bypass(asked, status)
            return self.send_buffered(asked, recorded, body, status)
        variants = http_entry.pack(asked.hot, made, time(), compress=not asked.inside)
        status = self.save(asked, flight, seen, variants)
        head = http_entry.load(variants[0].head)
        entry = next(each for name in flight.question.encodings for each in variants if each.encoding == name)
        if asked.inside:
            return self.send_buffered(asked, recorded, body, status, head, entry)
        return self.send_entry(asked, head, entry, status, own)

    def ask(self, asked: Request, held: Held, recorded: BufferedResponse) -> bytes | None:
        answer = self.app(fill_environ(asked, held), recorded.start)
        # A body may be made as late as it is read.
        with held.environ.watch.set(True):
            return recorded.read(answer)

    def save(self, asked: Request, flight: Flight, seen: reads.ReadCapture, variants: list[Entry]) -> str:
        """Store the answer, and return the `Cache-Status` that says so."""
        if reason := self.store_answer(asked, flight, seen, variants):
            return f"fwd=miss; stored=?0; detail={reason}"
        detail = f"; detail={Reason.UNDECLARED_TABLE}" if self.report_undeclared(asked, seen) else ""
        return f"fwd=miss; stored{detail}"

    def report_undeclared(self, asked: Request, seen: reads.ReadCapture) -> set[str]:
        """Log once, by route and table, what the view read beside the tags that the route declares."""
        hot, endpoint = asked.hot, asked.match.endpoint
        found = set[str]() if hot.tags is None else undeclared_tables(hot.tags, seen.tables, self.around.views)
        new = {(endpoint, table) for table in found} - self.reported
        self.reported |= new
        if new:
            names = ", ".join(sorted(table for _, table in new))
            log.warning(
                "%s reads %s, which @hot(tags=...) leaves out: writes to it do not invalidate the answer; "
                "add it to the tags",
                endpoint,
                names,
            )
        return found

    def store_answer(self, asked: Request, flight: Flight, seen: reads.ReadCapture, variants: list[Entry]) -> str:
        """Why it was not stored; empty if it was."""
        declares = asked.hot.tags is not None
        used = flight.question.tags if declares else (*sorted(seen.tables), tag(asked.environ))
        if not set(used) <= set(flight.vector) or not (declares or seen.tables):
            self.release_lease(flight)
            return Reason.UNKNOWN_TABLE if seen.tables else Reason.NO_TABLES
        ttl = asked.hot.cache_statuses[http_entry.load(variants[0].head).code]
        try:
            stored = self.store.save(flight, used, variants[0], variants[1:], ttl)
        except Unreachable:
            # Such as a server that is full: those who wait need not.
            self.release_lease(flight)
            return Reason.STORE_UNREACHABLE
        return "" if stored else Reason.INVALIDATED_MEANWHILE

    def release_lease(self, flight: Flight) -> None:
        with suppress(Unreachable):
            self.store.release(flight)

    def send_entry(
        self, asked: Request, head: EntryMetadata, entry: Entry, status: str, own: Headers
    ) -> Iterable[bytes]:
        self.report(asked, status)
        headers = response_headers.hit_headers(asked.hot, head, entry, time(), f"Hotroute; {status}", own)
        if head.code == 200 and response_headers.unchanged(asked.environ.get("HTTP_IF_NONE_MATCH"), headers[0][1]):
            asked.start("304 Not Modified", [*response_headers.not_modified_headers(head), *headers])
            return []
        asked.start(head.status, [*response_headers.entity_headers(head, entry), *headers])
        return [] if asked.method == "HEAD" else [entry.body]

    def send_buffered(  # noqa: PLR0913, PLR0917
        self,
        asked: Request,
        recorded: BufferedResponse,
        body: bytes | None,
        status: str,
        head: EntryMetadata | None = None,
        entry: Entry | None = None,
    ) -> Iterable[bytes]:
        """Answer what Flask made, its hooks included; as an entry's, where they left its content as it was."""
        if head and entry and (recorded.status, body) == (head.status, entry.body):
            left, added = http_entry.after_hooks(head, recorded.headers)
            return self.send_entry(asked, left, entry, status, added)
        self.report(asked, status)
        return recorded.replay(
            response_headers.uncached_headers(asked.hot, recorded.headers, f"Hotroute; {status}"), body
        )


def alone(detail: str) -> tuple[LookupResult, str]:
    return LookupResult(LookupState.WAIT), f"fwd=miss; collapsed=?0; stored=?0; detail={detail}"
