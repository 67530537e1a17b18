"""Why a request is or is not answered from the cache, in words: `hotroute explain URL`."""

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib import import_module
from inspect import isfunction, signature
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from werkzeug.test import create_environ, run_wsgi_app

from hotroute.cache.declared_tags import undeclared_tables
from hotroute.cache.http import key
from hotroute.cache.http.middleware import CacheMiddleware
from hotroute.cache.http.request import identify
from hotroute.cache.reasons import describe
from hotroute.cache.tracking import reads

MEMBER = re.compile(r"Hotroute((?:;[^,]*)?)")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
QUOTED = "%!#$&'()*+,/:;=?@[]~"
"""What stays as it is in a URL: it has a meaning there, or has been quoted (RFC 3986, section 2)."""
PARAMETER = re.compile(r";\s*([a-z-]+)(?:=([^;]*))?")

NOT_HOT = (
    "there is no Cache-Status of ours: no hot route has this path, or the cache is off (CACHE_ENABLED), or a proxy in "
    "front answered"
)
AGAIN = (
    "both answers were made by the view: between them a write changed what they depend on, the time to live ended, or "
    "Redis made room"
)


class CannotExplain(Exception):
    """The message says what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: the status, `Cache-Status` and `Age`."""

    status: int
    cache: str
    age: str

    @property
    def parameters(self) -> dict[str, str]:
        found = MEMBER.search(self.cache)
        return {name: value.strip() for name, value in PARAMETER.findall(found[1])} if found else {}


def report(url: str, headers: Mapping[str, str], app: str = "", trust: ssl.SSLContext | None = None) -> Iterator[str]:
    """Lines, as they become known.

    Args:
        app: "module:name" of the application, to name the parts of the key too; loaded in this process.
        trust: for https.

    Raises:
        CannotExplain: the server does not answer, or the application cannot be loaded.
    """
    answers = []
    for number in (1, 2):
        answers.append(ask(url, headers, trust))
        yield f"{number}. {answers[-1].status}  Cache-Status: {answers[-1].cache or '(none)'}"
        yield f"   {words(answers[-1])}"
    if all("stored" in answer.parameters and not answer.parameters["stored"] for answer in answers):
        yield AGAIN
    if app:
        yield from parts(load(app), url, headers)


def ask(url: str, headers: Mapping[str, str], trust: ssl.SSLContext | None) -> Answer:
    to = place(url)
    connection = (
        HTTPSConnection(to.hostname or "", to.port, timeout=30, context=trust or ssl.create_default_context())
        if to.scheme == "https"
        else HTTPConnection(to.hostname or "", to.port, timeout=30)
    )
    try:
        connection.request("GET", (to.path or "/") + (f"?{to.query}" if to.query else ""), headers=dict(headers))
        response = connection.getresponse()
        response.read()
    except ssl.SSLCertVerificationError as reason:
        raise CannotExplain(
            f"the certificate of {to.netloc} is not trusted ({reason.verify_message}): name the file of its authority "
            "with --ca, for the development stack data/tls/ca.pem"
        ) from None
    except (OSError, HTTPException) as reason:
        raise CannotExplain(f"{to.netloc} does not answer: {reason or type(reason).__name__}") from None
    except ValueError as reason:
        raise CannotExplain(f"this cannot be asked: {reason}") from None
    finally:
        connection.close()
    return Answer(response.status, response.getheader("Cache-Status", ""), response.getheader("Age", ""))


def place(url: str) -> SplitResult:
    """A URL as a browser would send it: what it must not hold is quoted."""
    try:
        to = urlsplit(quote(url, safe=QUOTED))
        if to.scheme in ("http", "https") and to.hostname and to.port != 0:
            return to
    except ValueError:
        pass
    raise CannotExplain(f"{url!r} is not a URL such as http://127.0.0.1:8000/api/articles")


def field(text: str) -> tuple[str, str]:
    """Name and value of a header field, from "Name: value".

    Raises:
        CannotExplain: it is none.
    """
    name, colon, value = text.partition(":")
    if not colon or not NAME.fullmatch(name.strip()):
        raise CannotExplain(f"{text!r} is not a header field such as 'Accept: text/html'")
    return name.strip(), value.strip()


def words(answer: Answer) -> str:
    said = answer.parameters
    if not said:
        return NOT_HOT
    detail = describe(said["detail"]) if "detail" in said else ""
    if "hit" in said:
        made = f"answered from the cache, {answer.age} s after it was made; kept for {said.get('ttl', '?')} s more, "
        return f"{made}unless a write changes what it depends on" + (f"; {detail}" if detail else "")
    if said.get("collapsed") == "":
        return "another request was finding the same answer, and this one waited for it"
    if said.get("stored") == "":
        made = "there was no answer that holds; the view made one, which was stored"
        return f"{made}; {detail}" if detail else made
    return f"not from the cache: {detail}" if detail else "not from the cache"


def load(app: str) -> Any:
    """Return the application `module:name`; a factory, with or without (), is called without arguments."""
    module, _, name = app.partition(":")
    try:
        found = getattr(import_module(module), name.removesuffix("()") or "app")
        return found() if name.endswith("()") or is_factory(found) else found
    except Exception as reason:
        raise CannotExplain(f"{app} cannot be loaded: {reason}") from reason


def is_factory(found: object) -> bool:
    """Return whether it is called without arguments; a WSGI application that is a function takes two."""
    return isfunction(found) and all(each.default is not each.empty for each in signature(found).parameters.values())


def parts(app: Any, url: str, headers: Mapping[str, str]) -> Iterator[str]:
    """What an application makes of the request."""
    to = place(url)
    environ = create_environ(to.path, f"{to.scheme}://{to.netloc}", to.query, headers=dict(headers))
    front = front_of(app)
    match = front.around.match(environ["PATH_INFO"])
    if match is None:
        yield f"No hot route has the path {to.path}."
        return
    yield f"Route: {match.endpoint}" + (f", within Flask because of {match.hook}" if match.hook else "")
    hot = match.hot
    try:
        caller = identify(hot, environ, front.around.principal)
        named = key.parts(hot, environ, caller if hot.share == "per-caller" else None)
        yield "Key: " + ", ".join(f"{name}={value!r}" for name, value in named)
    except key.NotKeyable as reason:
        yield f"Key: none, {describe(str(reason.args[0]))}"
    tags = ", ".join(hot.tags or ()) if hot.tags is not None else "the tables that its statements read"
    yield f"Depends on: {tags or 'nothing'}"
    if hot.tags is not None and (left_out := undeclared(front, hot.tags, environ)):
        yield f"Reads but does not depend on: {', '.join(sorted(left_out))}; add to @hot(tags=...) what is written to"


def undeclared(front: CacheMiddleware, tags: tuple[str, ...], environ: dict[str, Any]) -> set[str]:
    """Run the view in this process, and return the tables that it reads beside those that its route declares."""
    seen = reads.ReadCapture(front.store, declared=True)
    reset = reads.current.set(seen)
    try:
        run_wsgi_app(front.app, environ, buffered=True)
    except Exception as reason:
        raise CannotExplain(f"the view failed in this process, which tells what it reads: {reason}") from reason
    finally:
        reads.current.reset(reset)
    return undeclared_tables(tags, seen.tables, front.around.views)


def front_of(app: Any) -> CacheMiddleware:
    """The cache among an application's WSGI middleware."""
    layer = getattr(app, "wsgi_app", app)
    while layer is not None and not isinstance(layer, CacheMiddleware):
        layer = getattr(layer, "app", None) or getattr(layer, "wsgi_app", None)
    if layer is None:
        raise CannotExplain("the application has no cache in front of it: is CACHE_ENABLED set?")
    return layer
