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
from hotroute.cache.http.buffered_response import Recorded
from hotroute.cache.http.entry import Head, Made
from hotroute.cache.http.fill import is_partly_asked, leading, obstacle, unkeyed
from hotroute.cache.http.flask_dispatch import HELD, Held
from hotroute.cache.http.key import NotKeyable, key
from hotroute.cache.http.policy import Headers
from hotroute.cache.http.request import Principal, Request, Wanted, declared, identify
from hotroute.cache.http.routes import Matcher
from hotroute.cache.http.unsafe_methods import SAFE, changed, tag
from hotroute.cache.reasons import Detail, explain, token
from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.store.base import IDENTITY, Answer, Entry, Flight, Question, State, Store
from hotroute.cache.store.lease_renewal import Leases
from hotroute.cache.tracking import reads
from hotroute.instrumentation import TOLD

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.02
"""Seconds between two looks for a leader's answer."""


@dataclass(frozen=True, slots=True)
class Surroundings:
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


class Front:
    """
    Args:
        app: what answers a miss.
        store: of responses.
    """

    def __init__(self, app: "WSGIApplication", store: Store, around: Surroundings) -> None:
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
            return self.pass_by(asked, f"fwd=bypass; detail={reason}")
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

    def wanted(self, asked: Request) -> Wanted:
        """What a request asks of the store.

        Raises:
            NotKeyable: it must not ask; the argument says why.
        """
        hot, environ = asked.hot, asked.environ
        if self.one_process and environ.get("wsgi.multiprocess"):
            self.warn()
            raise NotKeyable(Detail.SEVERAL_PROCESSES)
        if reason := policy.bypass(environ):
            raise NotKeyable(reason)
        caller = identify(hot, environ, self.around.principal)
        name = key(hot, environ, caller if hot.caller == "each" else None)
        # Hooks see the body as the view made it.
        codings = (IDENTITY,) if asked.inside else response_headers.encodings(environ.get("HTTP_ACCEPT_ENCODING"))
        return Wanted(name, codings, caller)

    def warn(self) -> None:
        if not self.warned:
            self.warned = True
            log.warning("hot routes are not cached: %s", explain(Detail.SEVERAL_PROCESSES))

    def question(self, asked: Request, wanted: Wanted) -> Question:
        """The same with all that the answer may depend on, for who would lead."""
        hot = asked.hot
        tags = tuple(self.around.tables()) if hot.tags is None else declared(hot.tags, asked.match, wanted.caller)
        tags = tuple(dict.fromkeys((*tags, tag(asked.environ))))
        return Question(wanted.key, tags, wanted.encodings, secrets.token_hex(8))

    def answer(self, asked: Request, wanted: Wanted) -> Iterable[bytes]:
        if outer := reads.current.get():
            outer.refuse("another hot route was asked")
        try:
            found, reason = self.look(asked, wanted)
        except Unreachable:
            return self.pass_by(asked, f"fwd=bypass; detail={Detail.STORE_UNREACHABLE}")
        if found.entry:
            return self.hit(asked, wanted.key, found.entry, reason)
        if found.state is State.LEAD and found.flight:
            return self.lead(asked, found.flight)
        return self.pass_by(asked, reason)

    def look(self, asked: Request, wanted: Wanted) -> tuple[Answer, str]:
        """What the store has, and what `Cache-Status` says of it. A hit is the rule, and needs no tags."""
        found = self.store.find(wanted.key, wanted.encodings) or self.store.look(self.question(asked, wanted))
        if found.state is State.WAIT and found.flight:
            return self.wait(found.flight)
        return found, "hit" if found.entry else f"fwd=miss; stored=?0; detail={Detail.INVALIDATING}"

    def wait(self, flight: Flight) -> tuple[Answer, str]:
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
            if found.state is State.LEAD:
                return found, ""
            if found.state is State.NONE:
                # Each finds its own, at once: they might all have none.
                return alone(Detail.LEADER_GONE)
        return alone(Detail.WAITED_TOO_LONG)

    def tell(self, asked: Request, status: str) -> None:
        asked.environ[TOLD] = (asked.match.rule, status, self.level)

    def pass_by(self, asked: Request, status: str) -> Iterable[bytes]:
        self.tell(asked, status)

        def start(line: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            return asked.start(line, response_headers.careful(asked.hot, headers, f"Hotroute; {status}"), exc_info)

        return self.app(asked.environ, start)

    def hit(self, asked: Request, key: str, entry: Entry, status: str) -> Iterable[bytes]:
        head = http_entry.opened(asked.hot, entry)
        if head is None:
            with suppress(Unreachable):
                self.store.forget(key)
            return self.pass_by(asked, f"fwd=bypass; detail={Detail.CORRUPT_ENTRY}")
        if status == "hit":
            status = f"hit; ttl={response_headers.remaining(asked.hot, head, time())}"
        if not asked.inside:
            return self.serve(asked, head, entry, status, self.around.decorate(asked.environ))
        return self.replay(asked, head, entry, f"{status}; detail={Detail.INSIDE}")

    def replay(self, asked: Request, head: Head, entry: Entry, status: str) -> Iterable[bytes]:
        """Have Flask run the hooks that a hit must not skip, with the entry in place of the view."""
        held = Held(head=head, body=entry.body)
        recorded = Recorded(asked.start, asked.method)
        # What hooks do about a condition or a range is theirs to do on each hit.
        body = recorded.read(self.app({**asked.environ, "REQUEST_METHOD": "GET", HELD: held}, recorded.start))
        if not held.replayed:
            return self.finish(asked, recorded, body, f"fwd=bypass; detail={Detail.HOOK_ANSWERED}")
        return self.finish(asked, recorded, body, status, head, entry)

    def lead(self, asked: Request, flight: Flight) -> Iterable[bytes]:
        """Have the application answer for everybody who has the same question; store that if it may be."""
        self.tell(asked, "fwd=miss")
        seen = reads.Capture(self.store, declared=asked.hot.tags is not None)
        held = Held(keep=asked.inside)
        recorded = Recorded(asked.start, asked.method)
        reset = reads.current.set(seen)
        try:
            own = [] if asked.inside else self.around.decorate(asked.environ)
            with self.leases.holding(flight):
                body = self.ask(asked, held, recorded)
        except BaseException:
            self.give_up(flight)
            raise
        finally:
            reads.current.reset(reset)
        made = held.made if asked.inside else Made(recorded.status, recorded.headers, body)
        reason = obstacle(asked, recorded, held, made, own) or seen.obstacle
        reason = reason or unkeyed(asked, held, self.around.principal, self.around.logged)
        if reason or made is None or made.body is None:
            self.give_up(flight)
            status = f"fwd=miss; stored=?0; detail={token(reason or Detail.STREAMED)}"
            if not seen.has_written and is_partly_asked(asked, held, recorded):
                # For itself alone, it gets what the application makes of its conditions: a 304, a 206 or a 416.
                recorded.close()
                return self.pass_by(asked, status)
            return self.finish(asked, recorded, body, status)
        variants = http_entry.pack(asked.hot, made, time(), compress=not asked.inside)
        status = self.save(asked, flight, seen, variants)
        head = http_entry.load(variants[0].head)
        entry = next(each for name in flight.question.encodings for each in variants if each.encoding == name)
        if asked.inside:
            return self.finish(asked, recorded, body, status, head, entry)
        return self.serve(asked, head, entry, status, own)

    def ask(self, asked: Request, held: Held, recorded: Recorded) -> bytes | None:
        answer = self.app(leading(asked, held), recorded.start)
        # A body may be made as late as it is read.
        with held.environ.watch.set(True):
            return recorded.read(answer)

    def save(self, asked: Request, flight: Flight, seen: reads.Capture, variants: list[Entry]) -> str:
        """Store the answer, and return the `Cache-Status` that says so."""
        if reason := self.store_answer(asked, flight, seen, variants):
            return f"fwd=miss; stored=?0; detail={reason}"
        detail = f"; detail={Detail.UNDECLARED_TABLE}" if self.report_undeclared(asked, seen) else ""
        return f"fwd=miss; stored{detail}"

    def report_undeclared(self, asked: Request, seen: reads.Capture) -> set[str]:
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

    def store_answer(self, asked: Request, flight: Flight, seen: reads.Capture, variants: list[Entry]) -> str:
        """Why it was not stored; empty if it was."""
        declares = asked.hot.tags is not None
        used = flight.question.tags if declares else (*sorted(seen.tables), tag(asked.environ))
        if not set(used) <= set(flight.vector) or not (declares or seen.tables):
            self.give_up(flight)
            return Detail.UNKNOWN_TABLE if seen.tables else Detail.NO_TABLES
        ttl = asked.hot.statuses[http_entry.load(variants[0].head).code]
        try:
            stored = self.store.save(flight, used, variants[0], variants[1:], ttl)
        except Unreachable:
            # Such as a server that is full: those who wait need not.
            self.give_up(flight)
            return Detail.STORE_UNREACHABLE
        return "" if stored else Detail.INVALIDATED_MEANWHILE

    def give_up(self, flight: Flight) -> None:
        with suppress(Unreachable):
            self.store.release(flight)

    def serve(self, asked: Request, head: Head, entry: Entry, status: str, own: Headers) -> Iterable[bytes]:
        self.tell(asked, status)
        headers = response_headers.fields(asked.hot, head, entry, time(), f"Hotroute; {status}", own)
        if head.code == 200 and response_headers.unchanged(asked.environ.get("HTTP_IF_NONE_MATCH"), headers[0][1]):
            asked.start("304 Not Modified", [*response_headers.located(head), *headers])
            return []
        asked.start(head.status, [*response_headers.content(head, entry), *headers])
        return [] if asked.method == "HEAD" else [entry.body]

    def finish(  # noqa: PLR0913, PLR0917
        self,
        asked: Request,
        recorded: Recorded,
        body: bytes | None,
        status: str,
        head: Head | None = None,
        entry: Entry | None = None,
    ) -> Iterable[bytes]:
        """Answer what Flask made, its hooks included; as an entry's, where they left its content as it was."""
        if head and entry and (recorded.status, body) == (head.status, entry.body):
            left, added = http_entry.after_hooks(head, recorded.headers)
            return self.serve(asked, left, entry, status, added)
        self.tell(asked, status)
        return recorded.replay(response_headers.careful(asked.hot, recorded.headers, f"Hotroute; {status}"), body)


def alone(detail: str) -> tuple[Answer, str]:
    return Answer(State.WAIT), f"fwd=miss; collapsed=?0; stored=?0; detail={detail}"
