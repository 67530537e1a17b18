"""One request on its way: what the server iterates over, and at whose end the request is counted."""

from collections.abc import Callable, Iterable, Iterator
from threading import get_ident
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from hotroute import logs, observe
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
        look: where it is looked at closely.
        stacks: where the watchdog saw it being slow.
    """

    __slots__ = ("answer", "began", "environ", "look", "recorder", "respond", "rule", "stacks", "status", "thread")

    def __init__(self, recorder: "Recorder", environ: "WSGIEnvironment", respond: "StartResponse") -> None:
        self.began = perf_counter()
        self.recorder, self.environ, self.respond = recorder, environ, respond
        self.thread = get_ident()
        self.answer: Iterable[bytes] = ()
        self.status = FAILED
        self.rule: Any = None
        self.look: Look | None = None
        self.stacks: Stacks | None = None

    @property
    def route(self) -> str:
        """Also of a request that is under way; empty where none is known."""
        rule = self.rule or getattr(self.environ.get("werkzeug.request"), "url_rule", None)
        told = self.environ.get(observe.TOLD)
        return str(rule.rule) if rule else told[0] if told else ""

    def look_closely(self, *, chosen: bool) -> Look:
        self.look = Look(chosen=chosen)
        observe.current.set(self.look)
        return self.look

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """WSGI's `start_response`, the last moment at which Flask knows the rule."""
        self.status = status
        # Absent in front of Flask; and middleware may have put a request there that knows no rules.
        self.rule = getattr(self.environ.get("werkzeug.request"), "url_rule", None)
        if self.look is not None:
            timing.answered(self.look, self.began, headers)
        return self.respond(status, headers, exc_info)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.answer)

    def close(self) -> None:
        """WSGI's: the server has sent everything, or given up."""
        try:
            if hasattr(self.answer, "close"):
                self.answer.close()
        finally:
            self.end()

    def end(self) -> None:
        seconds = perf_counter() - self.began
        environ, recorder = self.environ, self.recorder
        if environ is ENDED:
            return
        if recorder.flying.get(self.thread) is self:
            del recorder.flying[self.thread]
        record = (self.began, self.rule, environ["REQUEST_METHOD"], self.status, environ.get(observe.TOLD), seconds)
        recorder.count(record)
        if self.look is not None or self.status[0] == "5" or seconds >= recorder.unremarkable:
            self.keep(record, seconds)
        self.environ, self.answer = ENDED, ()

    def keep(self, record: "tuple[Any, ...]", seconds: float) -> None:
        look = self.look
        if look is not None:
            observe.current.set(None)
            look.cpu = thread_time() - look.cpu
        slow = seconds >= self.recorder.options.threshold(self.route)
        kind = "failed" if self.status[0] == "5" else "slow" if slow else "sample"
        if look is not None or kind != "sample":
            self.recorder.keep((logs.request_id.get(), kind, record, look, self.stacks))
