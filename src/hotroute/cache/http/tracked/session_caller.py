"""The caller of a request with one of Flask's session cookies, as Flask-Login writes them."""

from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

from flask import Flask, request
from flask.globals import request_ctx
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from werkzeug.http import parse_cookie

from hotroute.cache.decorator import environ_name
from hotroute.cache.http.tracked.environ import ADDRESS, TrackedEnviron, untracked

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PROTECTED_BY = ("HTTP_USER_AGENT", "HTTP_X_FORWARDED_FOR", ADDRESS)
"""What Flask-Login's session protection compares with the session."""


class Caller(str):
    """The id of a user, for tags, and a key that keeps the answers of two sessions apart."""

    __slots__ = ("key",)
    key: str

    @classmethod
    def make(cls, name: str, key: str) -> Self:
        made = cls(name)
        made.key = key
        return made


class SessionCaller:
    """A function for `CacheOptions(identify_caller=...)`; its defaults are Flask-Login's.

    The key has all of the session and what protects it: an answer may depend on any part. Other cookies are not in it.

    Args:
        user: the name under which the session has the user's id.
        remember_cookie: a cookie that logs in where the session has no user: the application answers that request.
        auth_header: a header field that does.

    Raises:
        ValueError: the application keeps its sessions elsewhere than in signed cookies, or has no secret key.
    """

    def __init__(
        self,
        app: Flask,
        user: str = "_user_id",
        remember_cookie: str | None = None,
        auth_header: str | None = None,
    ) -> None:
        self.serializer = signer_of(app)
        self.lifetime, self.user = app.permanent_session_lifetime, user
        self.session_cookie = app.session_interface.get_cookie_name(app)
        self.remember_cookie = remember_cookie or app.config.get("REMEMBER_COOKIE_NAME", "remember_token")
        self.auth_field = environ_name(auth_header or app.config.get("AUTH_HEADER_NAME", "Authorization"))
        self.cookie_names = frozenset({self.session_cookie, self.remember_cookie})
        exempt_session_protection(app)

    def __call__(self, environ: "WSGIEnvironment") -> Caller | None:
        """
        Raises:
            LookupError: only the application can tell who asks.
        """
        cookies = parse_cookie(environ.get("HTTP_COOKIE"))
        session = self.open(cookies.get(self.session_cookie, ""))
        user = session.get(self.user)
        if user is None and (self.remember_cookie in cookies or self.auth_field in environ):
            raise LookupError("a cookie or a header field logs in")
        if not session:
            return None
        parts = [dict(session), *(environ.get(name) for name in PROTECTED_BY)]
        key = blake2b(TaggedJSONSerializer().dumps(parts).encode(), digest_size=20).hexdigest()
        return Caller.make("" if user is None else str(user), key)

    def open(self, cookie: str) -> Mapping[str, Any]:
        """Return the session in a cookie, as Flask opens it: an empty one if it is forged or too old."""
        try:
            found = self.serializer.loads(cookie, max_age=int(self.lifetime.total_seconds())) if cookie else {}
        except BadSignature:
            return {}
        return found if isinstance(found, dict) else {}


def signer_of(app: Flask) -> Any:
    if not isinstance(app.session_interface, SecureCookieSessionInterface):
        raise ValueError(
            f"SessionCaller cannot read sessions of {type(app.session_interface).__name__} without their store: give "
            "CacheOptions(identify_caller=...) a function of your own"
        )
    signer = app.session_interface.get_signing_serializer(app)
    if signer is None:
        raise ValueError("SessionCaller needs SECRET_KEY, which is not set: set it before the cache is put in front")
    return signer


def exempt_session_protection(app: Flask) -> None:
    """Keep what Flask-Login reads to protect a session from counting as read: it is in the key of every session."""
    manager = getattr(app, "login_manager", None)
    generate = getattr(manager, "_session_identifier_generator", None)
    if manager and generate and not hasattr(generate, "__wrapped__"):
        manager._session_identifier_generator = untracked_calls(generate)


def untracked_calls(generate: Callable[[], Any]) -> Callable[[], Any]:
    @wraps(generate)
    def identify() -> Any:
        environ = request.environ
        if not isinstance(environ, TrackedEnviron):
            return generate()
        with untracked(environ, request_ctx.request):
            return generate()

    return identify
