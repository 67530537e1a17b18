"""What a leader asks of the application, and why the answer may be for nobody else."""

from contextlib import suppress
from typing import TYPE_CHECKING

from hotroute.cache.http import policy
from hotroute.cache.http.buffered_response import BufferedResponse
from hotroute.cache.http.entry import ViewResponse
from hotroute.cache.http.flask_dispatch import HELD, Held
from hotroute.cache.http.key import canonical
from hotroute.cache.http.policy import Headers
from hotroute.cache.http.request import Principal, Request
from hotroute.cache.http.tracked import environ as tracked_environ
from hotroute.cache.http.tracked.cookies import COOKIE
from hotroute.cache.reasons import Reason

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def fill_environ(asked: Request, held: Held) -> "WSGIEnvironment":
    """The request that a key stands for. What else is in it, the application is watched for."""
    query = canonical(asked.hot, asked.environ.get("QUERY_STRING", ""))
    held.environ.update(policy.unconditional_get(asked.environ, *hidden(asked), **{HELD: held, "QUERY_STRING": query}))
    return held.environ


def hidden(asked: Request) -> tuple[str, ...]:
    """Return the field that the cache answers to by itself, unless hooks compress."""
    return () if asked.inside else ("HTTP_ACCEPT_ENCODING",)


def is_partly_asked(asked: Request, held: Held, recorded: BufferedResponse) -> bool:
    """Return whether the application, if it saw the request's conditions, might answer with less than the whole."""
    watch = held.environ.watch
    return (
        any(name in asked.environ for name in policy.CONDITIONS)
        and (watch.conditional or tracked_environ.EVERYTHING in watch.read)
        and recorded.status[:1] == "2"
        and recorded.send is None
    )


def undeclared_dependency(asked: Request, held: Held, principal: Principal, logged: frozenset[str]) -> str:
    """Why the answer may depend on something that is not in its key; empty if it does not.

    Args:
        logged: names in the WSGI environment of what no answer depends on, whoever looks at it.
    """
    hot = asked.hot
    absent = {"HTTP_TRANSFER_ENCODING", *policy.CONDITIONS, *policy.PRECONDITIONS, *hidden(asked)}
    keyed = {*hot.fields.values(), *({tracked_environ.HOST, tracked_environ.SCHEME} if hot.host else ())}
    own_cookies: frozenset[str] = getattr(principal, "cookie_names", frozenset())
    own_cookies = own_cookies if hot.share != "everyone" else frozenset()
    read = fields_of(held.environ.watch.read, own_cookies)
    if (others := read - keyed - tracked_environ.TRACING - logged - absent) and hot.share != "everyone":
        # Who calls is in the key, by what the principal looks at; of the cookies, where it names its own, these alone.
        others -= credentials(asked.environ, principal) - ({"HTTP_COOKIE"} if own_cookies else set())
    return f"{Reason.UNKEYED} {display_name(min(others))}" if others else ""


def display_name(name: str) -> str:
    """A name in the WSGI environment, as HTTP says it."""
    return "SCHEME" if name == tracked_environ.SCHEME else name.removeprefix("HTTP_")


def fields_of(read: set[str], own_cookies: frozenset[str]) -> set[str]:
    """Return the names that were read, with the field for a cookie that is none of the principal's own."""
    own = {f"{COOKIE}{name}" for name in own_cookies}
    return {"HTTP_COOKIE" if name.startswith(COOKIE) else name for name in read - own}


def credentials(environ: "WSGIEnvironment", principal: Principal) -> set[str]:
    watched = tracked_environ.TrackedEnviron(environ)
    with suppress(Exception), watched.watch.set(True):
        principal(watched)
    return watched.watch.read


def credential_headers(principal: Principal) -> tuple[str, ...]:
    """The request header fields that say who asks, in lower case: those that a principal misses where there is none."""
    read = sorted(credentials({}, principal))
    fields = [name.removeprefix("HTTP_").replace("_", "-").lower() for name in read if name.startswith("HTTP_")]
    return tuple(fields) or ("authorization",)


def obstacle(asked: Request, recorded: BufferedResponse, held: Held, made: ViewResponse | None, own: Headers) -> str:
    """Why the answer that the application gave must not be stored; empty if it may."""
    hot = asked.hot
    if held.raised and int(recorded.status[:3]) < 400:
        return Reason.RAISED
    if asked.inside:
        # Hooks say CORS and compress on each hit.
        final = policy.response_refusal(hot, recorded.status, recorded.headers, {"origin"})
        if final or made is None:
            return final or Reason.HOOK_ANSWERED
        return (
            policy.response_refusal(hot, made.status, made.headers)
            or policy.content_refusal(hot, made.status, made.headers)
            or ("" if made.complete else Reason.INCOMPLETE)
        )
    varied = policy.parse_list(policy.merge_headers(own).get("vary", ""))
    names = {name.lower() for name, _ in own}
    return (
        policy.response_refusal(hot, recorded.status, recorded.headers, varied)
        or policy.content_refusal(hot, recorded.status, recorded.headers, names)
        or (Reason.HOOK_ANSWERED if held.answered and not held.viewed else "")
        or ("" if recorded.complete else Reason.INCOMPLETE)
    )
