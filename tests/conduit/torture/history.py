"""What is known about values that only rise: what is committed, what was acknowledged, and which answers were older."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

Subject = tuple[str, str]
"""What a value belongs to, such as ("description", an article's slug)."""
Values = Mapping[Subject, int]


@dataclass
class History:
    """
    Attributes:
        acknowledged: the newest value of each subject whose write was answered with success.
        counts: of reads, hits, writes and so on.
        violations: of A, B and S of the cache's guarantee, in words.
    """

    acknowledged: dict[Subject, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def acknowledge(self, subject: Subject, value: int) -> None:
        with self.lock:
            self.acknowledged[subject] = value
            self.counts["writes"] += 1

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def observe(self, read: Callable[[], tuple[str, Values] | None], committed: Callable[[], Values]) -> None:
        """Read, and hold the answer against what was acknowledged, and what was committed, before the read began."""
        returned = dict(self.acknowledged)
        visible = committed()
        if (answer := read()) is None:
            return
        status, seen = answer
        wrong = [*older("B", returned, seen, status), *older("A", visible, seen, status)]
        with self.lock:
            self.counts["reads"] += 1
            self.counts["hits"] += "; hit" in status
            self.violations += wrong

    def settle(self, read: Callable[[], tuple[str, Values] | None], committed: Values) -> None:
        """Once writers are quiet: the answer is what the database holds."""
        if (answer := read()) is None:
            self.violations.append("S: no answer")
            return
        status, seen = answer
        self.violations += older("S", committed, seen, status)

    def tally(self) -> dict[str, int]:
        broken = {letter: sum(text.startswith(letter) for text in self.violations) for letter in "ABS"}
        return {**self.counts, **{f"violations of {letter}": number for letter, number in broken.items()}}


def older(letter: str, floor: Values, seen: Values, status: str) -> list[str]:
    return [
        f"{letter}: {' of '.join(subject)} was {floor[subject]}, the answer says {value} ({status})"
        for subject, value in seen.items()
        if value < floor.get(subject, 0)
    ]
