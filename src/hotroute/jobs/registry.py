"""The kinds of job that an application has: a name, a function, a queue, and limits."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotroute.jobs.worker.context import JobContext

JobFunction = Callable[..., Any]
"""Called with a `JobContext` and the job's arguments by name; returns what JSON can hold, or None."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job.

    Attributes:
        name: as it is stored with each job and shown to people; keep it when the function is renamed.
        queue: the queue that its jobs wait in; CPU-bound and I/O-bound kinds have different ones.
        time_limit: seconds that one attempt may take.
        attempts: tries until the job is failed for good.
        backoff: seconds before the second attempt; doubled for each one after it, with jitter.
    """

    name: str
    function: JobFunction
    queue: str
    time_limit: float
    attempts: int
    backoff: float

    def run(self, context: "JobContext", arguments: dict[str, Any]) -> Any:
        return self.function(context, **arguments)

    def retry_delay(self, attempt: int) -> float:
        """Return the seconds to wait after `attempt` failed: between half and all of an exponential step.

        Source: "Exponential Backoff And Jitter", the AWS Architecture Blog; equal jitter.
        """
        step = self.backoff * 2.0 ** (attempt - 1)
        return step * (0.5 + random.random() / 2)  # noqa: S311  # nothing secret about it


class UnknownJobKindError(LookupError):
    """A job was stored by a release that had a kind which this one does not have."""


@dataclass
class JobRegistry:
    """The kinds by name."""

    kinds: dict[str, JobKind] = field(default_factory=dict)

    def add(self, kind: JobKind) -> None:
        """Register a kind.

        Raises:
            ValueError: another function has the name already.
        """
        if (taken := self.kinds.get(kind.name)) and taken.function is not kind.function:
            raise ValueError(f"Two kinds of job are called {kind.name!r}: give one of them another name")
        self.kinds[kind.name] = kind

    def get(self, name: str) -> JobKind:
        """Return the kind called `name`.

        Raises:
            UnknownJobKindError: there is none.
        """
        try:
            return self.kinds[name]
        except KeyError:
            raise UnknownJobKindError(f"This release has no kind of job called {name!r}") from None

    @property
    def queues(self) -> list[str]:
        return sorted({kind.queue for kind in self.kinds.values()})
