"""`Server-Timing` (W3C, Server Timing): what an authorised caller is told of where the time went."""

from hotroute.profiler.request.trace import KINDS, Trace

Headers = list[tuple[str, str]]


def field(look: Trace, seconds: float) -> tuple[str, str]:
    """Up to the first byte of the answer."""
    parts = {"total": seconds, "view": look.view_seconds or 0.0, **{kind: look.spent(kind) for kind in KINDS}}
    metrics = [f"{name};dur={value * 1000:.2f}" for name, value in parts.items()]
    return "Server-Timing", ", ".join([*metrics, f'statements;desc="{look.executed()}"'])


def size(headers: Headers) -> int | None:
    """Of the body in bytes, where a header field tells."""
    for name, value in headers:
        if name.lower() == "content-length" and value.isdecimal():
            return int(value)
    return None
