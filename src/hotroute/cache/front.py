"""WSGI middleware in front of Flask: a hit is answered here, from stored bytes; a miss is captured and stored."""

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore
from time import sleep, time
from typing import TYPE_CHECKING, Any

from hotroute.cache import capture, rules
from hotroute.cache.key import NotKeyable, key
from hotroute.cache.leases import Leases
from hotroute.cache.link import Unreachable
from hotroute.cache.options import Hot
from hotroute.cache.rules import Head, Headers
from hotroute.cache.store import Answer, Entry, Flight, Question, State, Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Match = tuple[Hot, dict[str, Any]]
Matcher = Callable[[str], Match | None]
Principal = Callable[["WSGIEnvironment"], str | None]
"""Who asks, without the database; None for nobody. Raises where that cannot be told: the application then says so."""

FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.02
"""Seconds between two looks for a leader's answer."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the front knows of the application behind it.

    Attributes:
        match: the hot route of a path with its arguments, if it has one.
        tables: every table's name, for routes that do not declare tags.
        principal: who asks.
        decorate: header fields that belong to each answer anew, such as CORS's.
        waiters: how many threads of this process may wait for a leader at once.
        lease_ttl: seconds, as the store's.
    """

    match: Matcher
    tables: Callable[[], Iterable[str]]
    principal: Principal
    decorate: Callable[["WSGIEnvironment"], Headers]
    waiters: int
    lease_ttl: float


class Front:
    """
    Args:
        app: what answers a miss.
        store: of responses.
    """

    def __init__(self, app: "WSGIApplication", store: Store, around: Surroundings) -> None:
        self.app, self.store, self.around = app, store, around
        self.waiters = BoundedSemaphore(around.waiters) if around.waiters > 0 else None
        self.leases = Leases(store, around.lease_ttl)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        matched = (
            self.around.match(environ.get("PATH_INFO", "")) if environ["REQUEST_METHOD"] in ("GET", "HEAD") else None
        )
        if matched is None:
            return self.app(environ, start_response)
        hot, arguments = matched
        question = self.ask(hot, arguments, environ)
        if isinstance(question, str):
            return self.pass_by(environ, start_response, f"fwd=bypass; detail={question}")
        return self.answer(hot, question, environ, start_response)

    def ask(self, hot: Hot, arguments: dict[str, Any], environ: "WSGIEnvironment") -> Question | str:
        """The question that a request puts to the store, or why it puts none."""
        try:
            caller = identify(hot, environ, self.around.principal)
            name = key(hot, environ, caller if hot.caller == "each" else None)
        except NotKeyable as reason:
            return token_of(str(reason))
        tags = tuple(self.around.tables()) if hot.tags is None else declared(hot.tags, arguments, caller)
        return Question(name, tags, rules.encodings(environ.get("HTTP_ACCEPT_ENCODING")), secrets.token_hex(8))

    def answer(
        self, hot: Hot, question: Question, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        seen = capture.Capture()
        try:
            found = self.store.look(question)
            if found.state is State.WAIT and found.flight:
                found = self.wait(found.flight)
        except Unreachable:
            return self.pass_by(environ, start_response, "fwd=bypass; detail=STORE-UNREACHABLE")
        if found.entry:
            return self.serve(hot, found.entry, "hit", environ, start_response)
        if found.state is State.LEAD and found.flight:
            return self.lead(hot, found.flight, seen, environ, start_response)
        reason = "INVALIDATING" if found.state is State.DIRTY else "COLLAPSED-NOT"
        return self.pass_by(environ, start_response, f"fwd=miss; detail={reason}")

    def wait(self, flight: Flight) -> Answer:
        """For the leader's answer to the same question, as long as there is a leader and a thread to spare."""
        if self.waiters is None or not self.waiters.acquire(blocking=False):
            return Answer(State.WAIT)
        try:
            pause, waited = FIRST_PAUSE, 0.0
            while waited < self.around.lease_ttl:
                sleep(pause)
                waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
                found = self.store.peek(flight)
                if found.state is not State.WAIT:
                    # A leader that is gone without an answer had none to store: each finds its own.
                    return found if found.entry else Answer(State.WAIT)
            return Answer(State.WAIT)
        finally:
            self.waiters.release()

    def pass_by(self, environ: "WSGIEnvironment", start_response: "StartResponse", status: str) -> Iterable[bytes]:
        def start(line: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            return start_response(line, [*headers, ("Cache-Status", f"Hotroute; {status}")], exc_info)

        return self.app(environ, start)

    def lead(
        self,
        hot: Hot,
        flight: Flight,
        seen: capture.Capture,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        """Have the application answer as if GET was asked; store that if it may be, and answer from it."""
        recorded = Recorded()
        reset = capture.current.set(seen)
        try:
            with self.leases.holding(flight):
                body = recorded.read(self.app({**environ, "REQUEST_METHOD": "GET"}, recorded.start))
        except BaseException:
            self.give_up(flight)
            raise
        finally:
            capture.current.reset(reset)
        reason = rules.obstacle(hot, recorded.status, recorded.headers) or seen.obstacle
        if reason or body is None:
            self.give_up(flight)
            status = f"Hotroute; fwd=miss; detail={token_of(reason or 'large')}"
            return recorded.replay(environ, start_response, status, body)
        entries = rules.pack(recorded.status, recorded.headers, body, time())
        stored = self.save(hot, flight, seen, entries)
        kept = next(entry for name in flight.question.encodings for entry in entries if entry.encoding == name)
        status = f"fwd=miss; stored{'' if stored else '=?0'}"
        return self.serve(hot, kept, status, environ, start_response)

    def save(self, hot: Hot, flight: Flight, seen: capture.Capture, entries: list[Entry]) -> bool:
        used = flight.question.tags if hot.tags is not None else sorted(seen.tables)
        if not set(used) <= set(flight.vector):
            self.give_up(flight)
            return False
        try:
            return self.store.save(flight, used, entries[0], entries[1:], hot.ttl)
        except Unreachable:
            return False

    def give_up(self, flight: Flight) -> None:
        with suppress(Unreachable):
            self.store.release(flight)

    def serve(
        self,
        hot: Hot,
        entry: Entry,
        status: str,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        head = Head.load(entry.head)
        headers = rules.fields(hot, head, entry, time(), f"Hotroute; {status}", self.around.decorate(environ))
        if head.status.startswith("200") and rules.unchanged(environ.get("HTTP_IF_NONE_MATCH"), headers[0][1]):
            start_response("304 Not Modified", headers)
            return []
        start_response(head.status, [*rules.content(head, entry), *headers])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [entry.body]


def identify(hot: Hot, environ: "WSGIEnvironment", principal: Principal) -> str | None:
    """Raises:
    NotKeyable: the request has credentials that this route's answers must not be shared over, or that are not valid.
    """
    if hot.caller == "anyone":
        return None
    try:
        caller = principal(environ)
    except Exception:
        raise NotKeyable("credentials not valid") from None
    if caller is not None and hot.caller == "anonymous":
        raise NotKeyable("credentials")
    return caller


def declared(tags: tuple[str, ...], arguments: dict[str, Any], caller: str | None) -> tuple[str, ...]:
    values = {name: str(value).replace("\n", "%0A") for name, value in arguments.items()}
    return tuple(dict.fromkeys(tag.format(**values, caller=caller or "") for tag in tags))


def token_of(reason: str) -> str:
    """As a token of RFC 9211's `detail`."""
    return reason.upper().replace(" ", "-")


class Recorded:
    """An application's answer, as it comes."""

    def __init__(self) -> None:
        self.status, self.headers = "", list[tuple[str, str]]()
        self.rest: Iterable[bytes] = ()

    def start(self, status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], object]:
        self.status, self.headers = status, list(headers)
        return refuse_to_write

    def read(self, answer: Iterable[bytes]) -> bytes | None:
        """The whole body; None for one that is streamed or large, which `replay` passes on as it comes."""
        length = next((value for name, value in self.headers if name.lower() == "content-length"), "")
        if self.status and not (length.isdecimal() and int(length) <= rules.LARGEST):
            self.rest = answer
            return None
        try:
            return b"".join(answer)
        finally:
            close(answer)

    def replay(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", status: str, body: bytes | None
    ) -> Iterable[bytes]:
        start_response(self.status, [*self.headers, ("Cache-Status", status)])
        if body is None:
            return self.rest
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def refuse_to_write(_data: bytes) -> object:
    raise RuntimeError("a hot route must return its body; WSGI's write() is not supported")


def close(answer: Iterable[bytes]) -> None:
    if hasattr(answer, "close"):
        answer.close()
