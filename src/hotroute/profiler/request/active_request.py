"""One request on its way: what the server iterates over, and at whose end the request is counted."""

from collections.abc import Callable, Iterable, Iterator
from threading import get_ident
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from hotroute import logging
from hotroute.instrumentation import CACHE_RESULT, current
from hotroute.profiler.request import server_timing
from hotroute.profiler.request.trace import Trace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from hotroute.profiler.request.inbox import Inbox
    from hotroute.profiler.request.stack_samples import Stacks

FAILED = "500 Internal Server Error"
"""What a server answers for an application that raises."""


class ActiveRequest(Trace):
    """
    Attributes:
        began: seconds of `time.perf_counter`.
        environ: None once it has ended.
        thread: that answers it, as `threading.get_ident` has it.
        rule: the application's, such as "/api/articles/<slug>", once it has answered and if there is one.
        stacks: where the watchdog saw it being slow.
    """

    answer: Iterable[bytes] = ()
    status = FAILED
    headers: server_timing.Headers = []  # noqa: RUF012  # never changed: it is replaced
    rule = ""
    stacks: "Stacks | None" = None

    def __init__(self, inbox: "Inbox", environ: "WSGIEnvironment", respond: "StartResponse") -> None:
        self.began = perf_counter()
        self.events = []
        self.environ: WSGIEnvironment | None = environ
        self.inbox, self.respond = inbox, respond
        self.thread = get_ident()

    @property
    def route(self) -> str:
        """Of a request that is under way; empty where none is known yet."""
        environ = self.environ or {}
        return route(rule(environ.get("werkzeug.request")), environ.get(CACHE_RESULT))

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """WSGI's `start_response`, the last moment at which Flask knows the rule."""
        self.status, self.headers = status, headers
        # There is none in front of Flask, and middleware may have put a request there that knows no rules.
        if self.environ is not None and (request := self.environ.get("werkzeug.request")) is not None:
            self.rule = rule(request)
        if self.send_server_timing:
            headers.append(server_timing.field(self, perf_counter() - self.began))
        return self.respond(status, headers, exc_info)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.answer)

    def close(self) -> None:
        """WSGI's: the server has sent everything, or given up; or the application has raised."""
        try:
            if hasattr(self.answer, "close"):
                self.answer.close()
        finally:
            seconds = perf_counter() - self.began
            environ = self.environ
            if environ is not None:
                self.environ, self.answer = None, ()
                self.end(environ, seconds)

    def end(self, environ: "WSGIEnvironment", seconds: float) -> None:
        inbox, status = self.inbox, self.status
        current.set(None)
        if inbox.in_flight.get(self.thread) is self:
            del inbox.in_flight[self.thread]
        # Nothing but texts and numbers: such a tuple is none that the garbage collector has to look through.
        record = (self.began, self.rule, environ.get("REQUEST_METHOD", ""), status, environ.get(CACHE_RESULT), seconds)
        if len(inbox.requests) < inbox.capacity:
            inbox.requests.append(record)
        else:
            inbox.dropped += 1
        if self.sampled or self.send_server_timing or seconds >= inbox.thresholds.lowest or status >= "5":
            self.keep(record)

    def keep(self, record: tuple[Any, ...]) -> None:
        _, rule, _, status, told, seconds = record
        slow = seconds >= self.inbox.thresholds.of(route(rule, told))
        kind = "failed" if status >= "5" else "slow" if slow else "sample"
        if self.sampled or self.send_server_timing or kind != "sample":
            self.cpu = None if self.cpu is None else thread_time() - self.cpu
            self.size = server_timing.size(self.headers)
            self.inbox.offer((logging.request_id.get(), kind, record, self, self.stacks))


def rule(request: Any) -> str:
    """Flask's."""
    found = getattr(request, "url_rule", None)
    return found.rule if found else ""


def route(rule: str, told: tuple[str, str, str] | None) -> str:
    """As the cache in front has it, or else the application; empty where neither has one."""
    return told[0] if told else rule
