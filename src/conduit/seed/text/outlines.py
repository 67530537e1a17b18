"""What is known of each article before a word is written: author, topic, tags, readers.

The outlines are drawn again for each table that follows from them (the same every time) instead of being kept.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from conduit.seed.draws import early, heavy, stream, zipf
from conduit.seed.size import Size
from conduit.seed.text.topics import FACETS, GENERAL, TOPICS, Topic

FAVORITES = 10.4
"""The mean number of readers who favour an article, before those who were drawn twice are counted once."""

TAG_COUNTS = (0, 1, 2, 3, 4, 5, 6)
TAG_WEIGHTS = (2, 8, 20, 32, 22, 11, 5)
RARE = 0.3
OF_TOPICS, OF_FACETS, OF_GENERAL = zipf(len(TOPICS)), zipf(len(FACETS)), zipf(len(GENERAL))


class Outline(NamedTuple):
    """`tags` and `readers` (ids of the users who favour the article) are sorted and hold nothing twice."""

    id: int
    author: int
    topic: Topic
    tags: list[str]
    readers: list[int]


def outlines(size: Size) -> Iterator[Outline]:
    random = stream(size.number, "outlines")
    for index in range(size.articles):
        topic = random.choices(TOPICS, cum_weights=OF_TOPICS)[0]
        author = 1 + early(random, size.joined(index))
        yield Outline(index + 1, author, topic, tags(random, topic), readers(random, size.users))


def tags(random: Random, topic: Topic) -> list[str]:
    """The topic's own tag first, then general ones and some of the topic's long tail."""
    count = random.choices(TAG_COUNTS, TAG_WEIGHTS)[0]
    found = {topic.tag} if count else set()
    while len(found) < count:
        if random.random() < RARE:
            found.add(f"{topic.tag}-{random.choices(FACETS, cum_weights=OF_FACETS)[0]}")
        else:
            found.add(random.choices(GENERAL, cum_weights=OF_GENERAL)[0])
    return sorted(found)


def readers(random: Random, users: int) -> list[int]:
    return sorted({1 + early(random, users) for _ in range(heavy(random, FAVORITES, users))})
