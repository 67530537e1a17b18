"""The rows of articles, tags and comments, and of the tables between them."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from conduit.seed.counts import Counts
from conduit.seed.draws import below, early, heavy, stream
from conduit.seed.size import END, Size
from conduit.seed.text import markdown, prose, titles
from conduit.seed.text.outlines import outlines
from conduit.seed.text.topics import TOPICS

REVISED = 0.15
"""The share of articles that were changed after they appeared, within a month."""
MONTH = 30 * 24 * 3600
LAG = 30.0
"""How many articles back a comment goes, on average."""


def tags(counts: Counts) -> Iterator[dict[str, Any]]:
    for key, name in enumerate(sorted(counts.tagged), 1):
        yield {"id": key, "name": name, "articles_count": counts.tagged[name]}


def article_tags(size: Size, counts: Counts) -> Iterator[dict[str, Any]]:
    ids = {row["name"]: row["id"] for row in tags(counts)}
    for outline in outlines(size):
        for name in outline.tags:
            yield {"tag_id": ids[name], "article_id": outline.id}


def articles(size: Size) -> Iterator[dict[str, Any]]:
    random = stream(size.number, "articles")
    offsets = {topic.tag: below(random, titles.SPACE) for topic in TOPICS}
    earlier = Counter[str]()
    for outline in outlines(size):
        topic = outline.topic
        title, slug = titles.title(topic, earlier[topic.tag], offsets[topic.tag])
        earlier[topic.tag] += 1
        time = size.at(outline.id - 1 + random.random() * 0.9)
        yield {
            "id": outline.id,
            "slug": slug,
            "title": title,
            "description": prose.description(random, topic),
            "body": markdown.body(random, topic),
            "tag_list": outline.tags,
            "favorites_count": len(outline.readers),
            "author_id": outline.author,
            "created_at": time,
            "updated_at": min(END, time + revision(random)),
        }


def revision(random: Random) -> timedelta:
    return timedelta(seconds=1 + below(random, MONTH)) if random.random() < REVISED else timedelta()


def favorites(size: Size) -> Iterator[dict[str, Any]]:
    for outline in outlines(size):
        for reader in outline.readers:
            yield {"user_id": reader, "article_id": outline.id}


def comments(size: Size, counts: Counts) -> Iterator[dict[str, Any]]:
    """In the order of time; each on an article that was there already, and by a user who was."""
    random = stream(size.number, "comments")
    for key in range(1, size.comments + 1):
        position = 1 + (key - 1 + random.random()) * (size.articles - 1) / size.comments
        newest = int(position)
        article = newest - heavy(random, LAG, size.articles) % newest
        time = size.at(position)
        yield {
            "id": key,
            "body": prose.remark(random, counts.topic(article)),
            "article_id": article,
            "author_id": 1 + early(random, size.joined(position)),
            "created_at": time,
            "updated_at": time,
        }
