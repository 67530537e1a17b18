"""The counters, and how many rows each table will get: one walk over the outlines before anything is written."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from conduit.seed.text.outlines import Outline
from conduit.seed.text.topics import TOPICS, Topic


class Counts(NamedTuple):
    """Articles by author, favourites by reader, articles by tag, and each article's topic in a byte."""

    written: Counter[int]
    favored: Counter[int]
    tagged: Counter[str]
    topics: bytearray

    def topic(self, article: int) -> Topic:
        return TOPICS[self.topics[article - 1]]


def count(outlines: Iterable[Outline]) -> Counts:
    counts = Counts(Counter(), Counter(), Counter(), bytearray())
    places = {topic.tag: place for place, topic in enumerate(TOPICS)}
    for outline in outlines:
        counts.written[outline.author] += 1
        counts.favored.update(outline.readers)
        counts.tagged.update(outline.tags)
        counts.topics.append(places[outline.topic.tag])
    return counts
