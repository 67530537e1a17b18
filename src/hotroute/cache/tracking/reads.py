"""What a view reads while it runs, and every reason why its answer may not be stored."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotroute.cache.store.base import Store

current: ContextVar["ReadCapture | None"] = ContextVar("hotroute.capture", default=None)
"""The capture of the request that is being answered; threads that a view starts need the context copied."""


MAY_WRITE = frozenset({"request wrote", "untracked engine"})


@dataclass(slots=True)
class ReadCapture:
    """Begun before the first statement of a request.

    Attributes:
        store: that the answer is for; engines whose writes it is not told of must not be asked.
        declared: whether the route says what its answer depends on.
        began: seconds of `time.monotonic`, from after the store answered: what another thread began while it was asked
            may have seen less than the answer's vector stands for.
        tables: read so far.
        obstacle: why the answer must not be stored; empty while it may.
        has_written: whether the request may have written, so that the view must not run a second time.
    """

    store: "Store"
    declared: bool = False
    began: float = field(default_factory=monotonic)
    tables: set[str] = field(default_factory=set)
    reason: str = ""
    has_written: bool = False

    def mark_uncacheable(self, obstacle: str) -> None:
        self.reason = self.reason or obstacle
        self.has_written = self.has_written or obstacle in MAY_WRITE
