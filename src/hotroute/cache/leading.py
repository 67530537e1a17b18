"""What a leader asks of the application, and why the answer may be for nobody else."""

from contextlib import suppress
from typing import TYPE_CHECKING

from hotroute.cache import observed, rules
from hotroute.cache.details import Detail
from hotroute.cache.entries import Made
from hotroute.cache.inside import HELD, Held
from hotroute.cache.key import canonical
from hotroute.cache.recorded import Recorded
from hotroute.cache.request import Principal, Request
from hotroute.cache.rules import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def leading(asked: Request, held: Held) -> "WSGIEnvironment":
    """The request that a key stands for. What else is in it, the view is watched for."""
    query = canonical(asked.hot, asked.environ.get("QUERY_STRING", ""))
    encoding = () if asked.inside else ("HTTP_ACCEPT_ENCODING",)
    held.environ.update(rules.whole(asked.environ, *encoding, **{HELD: held, "QUERY_STRING": query}))
    return held.environ


def unkeyed(asked: Request, held: Held, principal: Principal) -> str:
    """Why the answer may depend on something that is not in its key; empty if it does not."""
    hot = asked.hot
    absent = {"HTTP_ACCEPT_ENCODING", "HTTP_TRANSFER_ENCODING", *rules.CONDITIONS, *rules.PRECONDITIONS}
    keyed = {"HTTP_" + name.upper().replace("-", "_") for name in hot.vary} | ({"HTTP_HOST"} if hot.host else set())
    if others := held.environ.read - keyed - observed.TRACING - absent:
        # Who calls is in the key, by what the principal looks at.
        others -= credentials(asked.environ, principal) if hot.caller != "anyone" else set()
    return f"{Detail.READ} {min(others)[5:]}" if others else ""


def credentials(environ: "WSGIEnvironment", principal: Principal) -> set[str]:
    watched = observed.Environ(environ)
    with suppress(Exception), watched.watching():
        principal(watched)
    return watched.read


def obstacle(asked: Request, recorded: Recorded, held: Held, made: Made | None, own: Headers) -> str:
    """Why the answer that the application gave must not be stored; empty if it may."""
    hot = asked.hot
    if held.raised and int(recorded.status[:3]) < 400:
        return Detail.RAISED
    if asked.inside:
        # Hooks say CORS and compress on each hit.
        final = rules.obstacle(hot, recorded.status, recorded.headers, {"origin"})
        if final or made is None:
            return final or Detail.HOOK_ANSWERED
        return rules.obstacle(hot, made.status, made.headers) or rules.unstorable(hot, made.headers)
    varied = rules.listed(rules.combined(own).get("vary", ""))
    names = {name.lower() for name, _ in own}
    return (
        rules.obstacle(hot, recorded.status, recorded.headers, varied)
        or rules.unstorable(hot, recorded.headers, names)
        or ("" if recorded.complete else Detail.INCOMPLETE)
    )
