"""Who may see the profiler: HTTP Basic (RFC 7617) on everything of it, and what every answer of it carries."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from math import ceil
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request

from hotroute.profiler.dashboard.login_throttle import LoginThrottle

EXTENSION = "profiler_guard"
CHALLENGE = 'Basic realm="profiler", charset="UTF-8"'

# No inline script or style; one's own files, and this server to ask.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"  # noqa: E501

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""What every answer of the profiler carries; `POLICY` too, unless its view set another."""

MISSING = "The profiler asks for its username and password."
WRONG = "That is not the profiler's username and password."
TOO_OFTEN = "Too many wrong passwords came from this address. Wait {seconds} seconds and try again."


class NoPassword(ValueError):
    """The profiler shows nothing without a username and a password; the message says what to set."""


class BasicAuth:
    """One username and password, and how often each address may be wrong about them.

    Args:
        page: makes the HTML of a refusal, from its status and words, for who asks for HTML; others get the words.

    Raises:
        NoPassword: there is none, or the username cannot be sent (RFC 7617, section 2).
    """

    def __init__(self, username: str, password: str, page: Callable[[int, str], str] | None = None) -> None:
        if not username or not password:
            raise NoPassword(
                "the profiler needs a username and a password: set Options(username=..., password=...), which Conduit "
                "reads from PROFILER_USERNAME and PROFILER_PASSWORD"
            )
        if ":" in username:
            raise NoPassword("the profiler's username has a colon, which HTTP Basic cannot send: choose another")
        self.username, self.password = digest(username), digest(password)
        self.page = page
        self.attempts = LoginThrottle()

    def check(self) -> Response | None:
        """The refusal of the current request, or None where it may go on."""
        given, address = credentials(), request.remote_addr or ""
        if given is None:
            return self.reject(401, MISSING, {"WWW-Authenticate": CHALLENGE})
        if wait := ceil(self.attempts.wait(address)):
            # Not even looked at: otherwise a guesser would only have to wait for the one that is let in.
            return self.reject(429, TOO_OFTEN.format(seconds=wait), {"Retry-After": str(wait)})
        if self.matches(*given):
            return None
        self.attempts.failed(address)
        return self.reject(401, WRONG, {"WWW-Authenticate": CHALLENGE})

    def matches(self, username: str, password: str) -> bool:
        """Takes as long for a wrong username as for a wrong password, of whatever length."""
        same = (
            hmac.compare_digest(digest(username), self.username),
            hmac.compare_digest(digest(password), self.password),
        )
        return all(same)

    def reject(self, status: int, words: str, headers: dict[str, str]) -> Response:
        html = self.page and request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html"
        body = self.page(status, words) if self.page and html else f"{words}\n"
        return Response(body, status, headers, content_type=f"text/{'html' if html else 'plain'}; charset=utf-8")


def credentials() -> tuple[str, str] | None:
    """The username and password that the current request gives; None where there are none in a form that is known."""
    try:
        given = request.authorization
    except ValueError:
        # Werkzeug 3 raises it for a header beyond ASCII.
        return None
    return (given.username or "", given.password or "") if given and given.type == "basic" else None


def digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def init_app(app: Flask, username: str, password: str, page: Callable[[int, str], str] | None = None) -> None:
    """Give the application its guard.

    Raises:
        NoPassword: there is none.
    """
    app.extensions[EXTENSION] = BasicAuth(username, password, page)


def protect(blueprint: Blueprint) -> None:
    """Let nobody into a blueprint that is not registered yet, in any application, unless its guard does."""
    blueprint.before_request(check)
    blueprint.after_request(add_security_headers)


def protect_registered(app: Flask, name: str) -> None:
    """The same for a blueprint that a library has registered in the application, by its name."""
    app.before_request_funcs.setdefault(name, []).insert(0, check)
    app.after_request_funcs.setdefault(name, []).append(add_security_headers)


def check() -> Response | None:
    # KeyError, and so nobody is let in, where `init_app` was forgotten.
    return cast(BasicAuth, current_app.extensions[EXTENSION]).check()


def add_security_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response
