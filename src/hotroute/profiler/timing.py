"""`Server-Timing` (W3C, Server Timing): what an authorised caller is told of where the time went."""

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotroute.profiler.look import Look

Headers = list[tuple[str, str]]


def answered(look: "Look", began: float, headers: Headers) -> None:
    """Note the answer's size, and add the header field for who may have it."""
    look.size = size(headers)
    if look.tells:
        headers.append(("Server-Timing", described(look, perf_counter() - began)))


def size(headers: Headers) -> int | None:
    for name, value in headers:
        if name.lower() == "content-length" and value.isdecimal():
            return int(value)
    return None


def described(look: "Look", seconds: float) -> str:
    """Up to the first byte of the answer."""
    parts = {"total": seconds, "view": look.view or 0.0, **look.spent}
    metrics = [f"{name};dur={value * 1000:.2f}" for name, value in parts.items()]
    return ", ".join([*metrics, f'statements;desc="{look.statements}"'])
