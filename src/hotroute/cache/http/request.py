"""A request for a hot route: who asks, and what the answer depends on."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from hotroute.cache.decorator import RouteOptions
from hotroute.cache.http.key import NotKeyable
from hotroute.cache.http.routes import Match
from hotroute.cache.reasons import Reason
from hotroute.cache.store.base import written

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Principal = Callable[["WSGIEnvironment"], str | None]
"""Who asks, without the database; None for nobody. Raises where that cannot be told: the application then says so."""


class Request(NamedTuple):
    """A request for a hot route, and where its answer goes."""

    hot: RouteOptions
    match: Match
    environ: "WSGIEnvironment"
    start: "StartResponse"

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def inside(self) -> bool:
        """Whether hooks must run on each hit, so that it is served within Flask."""
        return bool(self.match.hook)


class CacheLookup(NamedTuple):
    """The name of an answer, content codings that would do (the best first), and who asks."""

    key: str
    encodings: tuple[str, ...]
    caller: str | None


def identify(hot: RouteOptions, environ: "WSGIEnvironment", principal: Principal) -> str | None:
    """Raises:
    NotKeyable: the request has credentials that this route's answers must not be shared over, or that are not valid.
    """
    if hot.share == "everyone":
        return None
    try:
        caller = named(principal(environ))
    except Exception:
        raise NotKeyable(Reason.CREDENTIALS_NOT_VALID) from None
    if caller is not None and hot.share == "anonymous":
        raise NotKeyable(Reason.CREDENTIALS)
    return caller


def named(caller: Any) -> str | None:
    """A number is as good a name as a text. Other objects may be written alike though they are not the same.

    Raises:
        TypeError: it is something else.
    """
    if caller is None or isinstance(caller, str):
        return caller
    if type(caller) is int:
        return str(caller)
    raise TypeError(f"a principal is a text or a number, not {type(caller).__name__}")


def declared(tags: tuple[str, ...], match: Match, caller: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(written(tag.format(**match.arguments, caller=caller or "")) for tag in tags))
