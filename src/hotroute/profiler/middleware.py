"""WSGI middleware around everything: no request passes uncounted, whoever answers it."""

from collections.abc import Iterable
from time import thread_time
from typing import TYPE_CHECKING

from hotroute.instrumentation import current
from hotroute.profiler.request.active_request import ActiveRequest
from hotroute.profiler.worker.recorder import Recorder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEY = "HTTP_HOTROUTE_PROFILE"


class ProfilerMiddleware:
    """
    Args:
        app: the whole application; what is outside of this is not measured.
    """

    def __init__(self, app: "WSGIApplication", recorder: Recorder) -> None:
        self.app, self.recorder = app, recorder

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        recorder = self.recorder
        if not recorder.running:
            recorder.start()
        watched = ActiveRequest(recorder, environ, start_response)
        recorder.in_flight[watched.thread] = watched
        current.set(watched)
        if recorder.tokens >= 1.0:
            recorder.tokens -= 1.0
            watched.sampled = True
            watched.cpu = thread_time()
        if KEY in environ and recorder.authorises(environ[KEY]):
            watched.send_server_timing = True
            watched.cpu = thread_time()
        try:
            watched.answer = self.app(environ, watched.start)
        except BaseException:
            watched.close()
            raise
        return watched
