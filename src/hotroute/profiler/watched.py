"""One request on its way: what the server iterates over, and at whose end the request is counted."""

from collections.abc import Callable, Iterable, Iterator
from threading import get_ident
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from hotroute import logs
from hotroute.observe import TOLD, current
from hotroute.profiler import timing
from hotroute.profiler.look import Look

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from hotroute.profiler.recorder import Recorder
    from hotroute.profiler.stacks import Stacks

FAILED = "500 Internal Server Error"
"""What a server answers for an application that raises."""

ENDED: "WSGIEnvironment" = {}


class Watched:
    """
    Attributes:
        began: seconds of `time.perf_counter`.
        thread: that answers it, as `threading.get_ident` has it.
        rule: the application's `werkzeug.routing.Rule`, once it has answered and if there is one.
        look: what it asks of others, and where the time goes.
        stacks: where the watchdog saw it being slow.
    """

    __slots__ = (
        *("answer", "began", "environ", "headers", "look", "recorder", "respond", "rule", "stacks", "status", "thread"),
    )

    def __init__(self, recorder: "Recorder", environ: "WSGIEnvironment", respond: "StartResponse") -> None:
        self.began = perf_counter()
        self.recorder, self.environ, self.respond = recorder, environ, respond
        self.thread = get_ident()
        self.answer: Iterable[bytes] = ()
        self.status = FAILED
        self.headers: timing.Headers = []
        self.rule: Any = None
        self.look = Look()
        self.stacks: Stacks | None = None

    @property
    def route(self) -> str:
        """Of a request that is under way; empty where none is known yet."""
        rule = getattr(self.environ.get("werkzeug.request"), "url_rule", None)
        return route(rule, self.environ.get(TOLD))

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """WSGI's `start_response`, the last moment at which Flask knows the rule."""
        self.status = status
        # Absent in front of Flask; and middleware may have put a request there that knows no rules.
        self.rule = getattr(self.environ.get("werkzeug.request"), "url_rule", None)
        self.headers = headers
        if self.look.tells:
            headers.append(timing.field(self.look, perf_counter() - self.began))
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
            if environ is not ENDED:
                self.environ, self.answer = ENDED, ()
                self.end(environ, seconds)

    def end(self, environ: "WSGIEnvironment", seconds: float) -> None:
        recorder, look, status = self.recorder, self.look, self.status
        current.set(None)
        if recorder.flying.get(self.thread) is self:
            del recorder.flying[self.thread]
        record = (self.began, self.rule, environ.get("REQUEST_METHOD", ""), status, environ.get(TOLD), seconds)
        if len(recorder.requests) < recorder.room:
            recorder.requests.append(record)
        else:
            recorder.dropped += 1
        if look.chosen or look.tells or seconds >= recorder.thresholds.lowest or status >= "5":
            self.keep(record)

    def keep(self, record: tuple[Any, ...]) -> None:
        _, rule, _, status, told, seconds = record
        look = self.look
        slow = seconds >= self.recorder.thresholds.of(route(rule, told))
        kind = "failed" if status >= "5" else "slow" if slow else "sample"
        if look.chosen or look.tells or kind != "sample":
            look.cpu = thread_time() - look.cpu
            look.size = timing.size(self.headers)
            self.recorder.keep((logs.request_id.get(), kind, record, look, self.stacks))


def route(rule: Any, told: tuple[str, str, str] | None) -> str:
    """As the cache in front has it, or else the application; empty where neither has one."""
    return told[0] if told else rule.rule if rule else ""
