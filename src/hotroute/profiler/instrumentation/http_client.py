"""Outgoing HTTP calls, timed where the standard library's, urllib3's and requests' pass; httpx's, where it is used.

What is noted is the method and the host; a path may hold a key, and a query does.
"""

import http.client
import sys
from functools import wraps
from time import perf_counter
from typing import Any

from hotroute import instrumentation

BEGAN = "_hotroute_began"


def watch() -> None:
    """Once in a process, however often it is called."""
    connection = http.client.HTTPConnection
    if not hasattr(connection.getresponse, "__wrapped__"):
        connection.putrequest = putting(connection.putrequest)  # type: ignore[method-assign]
        connection.getresponse = getting(connection.getresponse)  # type: ignore[method-assign]
    httpx = sys.modules.get("httpx")
    if httpx and not hasattr(httpx.Client.send, "__wrapped__"):
        httpx.Client.send = sending(httpx.Client.send)


def putting(putrequest: Any) -> Any:
    @wraps(putrequest)
    def put(self: Any, method: str, *arguments: Any, **named: Any) -> Any:
        if instrumentation.current.get() is not None:
            setattr(self, BEGAN, (method, perf_counter()))
        return putrequest(self, method, *arguments, **named)

    return put


def getting(getresponse: Any) -> Any:
    @wraps(getresponse)
    def get(self: Any, *arguments: Any, **named: Any) -> Any:
        begun = self.__dict__.pop(BEGAN, None)
        try:
            return getresponse(self, *arguments, **named)
        finally:
            listener = instrumentation.current.get()
            if begun and listener is not None:
                method, began = begun
                listener.record_event("http", began, f"{method} {self.host.rpartition('@')[2]}:{self.port}")

    return get


def sending(send: Any) -> Any:
    @wraps(send)
    def sent(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        listener = instrumentation.current.get()
        if listener is None:
            return send(self, request, *arguments, **named)
        began = perf_counter()
        try:
            return send(self, request, *arguments, **named)
        finally:
            listener.record_event("http", began, f"{request.method} {request.url.host}")

    return sent
