"""How much there is of everything, and when it happened."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
FOUNDERS = 5
"""Users who were there before the first article."""


class Size(NamedTuple):
    """What is asked for. Article n is published between position n - 1 and n of the time from `BEGIN` to `END`."""

    articles: int
    number: int

    @property
    def users(self) -> int:
        return max(FOUNDERS, self.articles // 20)

    @property
    def comments(self) -> int:
        return self.articles * 3 // 2

    def at(self, position: float) -> datetime:
        """The time at a position, in milliseconds as the API shows it; founders joined at negative ones."""
        length = END - BEGIN
        milliseconds = length // timedelta(milliseconds=1) * position / self.articles
        return BEGIN + timedelta(milliseconds=int(milliseconds))

    def arrival(self, user: int) -> float:
        """The position at which a user registered."""
        return (user - 1 - FOUNDERS) * self.articles / self.users

    def joined(self, position: float) -> int:
        """How many users there are at a position: those with an id up to this."""
        return min(self.users, FOUNDERS + int(position * self.users / self.articles))
