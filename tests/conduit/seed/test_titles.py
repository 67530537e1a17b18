"""Titles are unique while a topic's combinations last; their slugs always are."""

import pytest

from conduit.seed.text import sentences, titles
from conduit.seed.text.prose import STEPS
from conduit.seed.text.topics import FACETS, GENERAL, TOPICS

pytestmark = pytest.mark.unit


def test_a_topic_has_no_slug_twice() -> None:
    found = {titles.title(TOPICS[0], index, 5)[1] for index in range(0, 2 * titles.SPACE, 3)}
    assert len(found) == len(range(0, 2 * titles.SPACE, 3))


def test_a_title_that_comes_again_gets_the_end_that_the_api_would_give_its_slug() -> None:
    (title, slug), (again, other) = (titles.title(TOPICS[0], index, 5) for index in (8, 8 + titles.SPACE))
    assert again == title
    assert other[: len(slug)] == slug
    assert len(other) == len(slug) + 9


def test_no_two_topics_share_a_thing_or_a_tag() -> None:
    things = [thing for topic in TOPICS for thing in topic.things]
    assert len(set(things)) == len(things)
    tags = [
        *GENERAL,
        *(topic.tag for topic in TOPICS),
        *(f"{topic.tag}-{facet}" for topic in TOPICS for facet in FACETS),
    ]
    assert len(set(tags)) == len(tags)


def test_every_template_of_a_list_is_visited() -> None:
    for templates in (sentences.PROSE, sentences.ITEMS, sentences.REMARKS):
        for step in STEPS:
            assert len({step * place % len(templates) for place in range(len(templates))}) == len(templates)
