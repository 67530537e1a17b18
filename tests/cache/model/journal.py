"""A store in memory that remembers in which order its steps were taken."""

from collections.abc import Callable, Sequence

from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.store.memory import MemoryStore


class Journal(MemoryStore):
    """`steps` are ("mark" | "done" | "left", the tags); what is in `at` is called when one is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[str, frozenset[str]]] = []
        self.unreachable_after = -1
        self.at: dict[str, Callable[[], None]] = {}

    def mark(self, tags: Sequence[str], token: str) -> None:
        if self.unreachable_after == sum(step == "mark" for step, _ in self.steps):
            raise Unreachable("as the test wants it")
        self.steps.append(("mark", frozenset(tags)))
        self.at.get("mark", nothing)()
        super().mark(tags, token)

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        self.steps.append(("left" if leave else "done", frozenset(tags)))
        self.at.get("done", nothing)()
        super().done(tags, token, leave=leave)

    @property
    def touched(self) -> set[str]:
        """What was marked, whichever transaction did it."""
        return set[str]().union(*(tags for step, tags in self.steps if step == "mark"))

    @property
    def order(self) -> list[str]:
        return [step for step, _ in self.steps]

    @property
    def marks_left(self) -> set[str]:
        return {tag for tag in self.marks if self.marked(tag)}


def nothing() -> None:
    pass
