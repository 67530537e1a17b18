"""Sentences of a topic: templates with their gaps filled."""

from random import Random
from typing import TypeVar

from conduit.seed.draws import below
from conduit.seed.text import sentences
from conduit.seed.text.topics import Topic

Choice = TypeVar("Choice")

STEPS = (11, 13, 17, 19, 23)
"""Primes that divide no number of templates: stepping through a circle of templates visits each before any again."""


def pick(random: Random, choices: tuple[Choice, ...]) -> Choice:
    return choices[below(random, len(choices))]


def fill(random: Random, template: str, topic: Topic) -> str:
    thing = below(random, len(topic.things))
    return template.format(
        thing=topic.things[thing],
        other=topic.things[thing - 1 - below(random, len(topic.things) - 1)],
        quality=pick(random, sentences.QUALITIES),
        number=2 + below(random, 58),
        topic=topic.tag.replace("-", " "),
    )


def passage(random: Random, templates: tuple[str, ...], topic: Topic, least: int, most: int) -> list[str]:
    """From `least` to `most` sentences, no template twice."""
    count, start, step = least + below(random, most - least + 1), below(random, len(templates)), pick(random, STEPS)
    return [fill(random, templates[(start + step * place) % len(templates)], topic) for place in range(count)]


def sentence(random: Random, templates: tuple[str, ...], topic: Topic) -> str:
    return fill(random, pick(random, templates), topic)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def bio(random: Random, topic: Topic) -> str:
    return capital(sentence(random, sentences.BIOS, topic))


def description(random: Random, topic: Topic) -> str:
    return sentence(random, sentences.DESCRIPTIONS, topic)


def heading(random: Random, topic: Topic) -> str:
    return sentence(random, sentences.HEADINGS, topic)


def paragraph(random: Random, topic: Topic) -> str:
    return " ".join(passage(random, sentences.PROSE, topic, 2, 5))


def remark(random: Random, topic: Topic) -> str:
    """A comment's body of one to three sentences, with a blank line now and then."""
    return pick(random, (" ", " ", "\n\n")).join(passage(random, sentences.REMARKS, topic, 1, 3))
