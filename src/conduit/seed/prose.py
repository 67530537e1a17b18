"""Sentences of a topic: templates with their gaps filled."""

from random import Random

from conduit.seed import sentences
from conduit.seed.draws import below
from conduit.seed.topics import Topic


def pick(random: Random, choices: tuple[str, ...]) -> str:
    return choices[below(random, len(choices))]


def fill(random: Random, templates: tuple[str, ...], topic: Topic) -> str:
    return pick(random, templates).format(
        thing=pick(random, topic.things),
        other=pick(random, topic.things),
        quality=pick(random, sentences.QUALITIES),
        number=2 + below(random, 58),
        topic=topic.tag.replace("-", " "),
    )


def passage(random: Random, templates: tuple[str, ...], topic: Topic, least: int, most: int) -> list[str]:
    return [fill(random, templates, topic) for _ in range(least + below(random, most - least + 1))]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def bio(random: Random, topic: Topic) -> str:
    return capital(fill(random, sentences.BIOS, topic))


def description(random: Random, topic: Topic) -> str:
    return fill(random, sentences.DESCRIPTIONS, topic)


def heading(random: Random, topic: Topic) -> str:
    return fill(random, sentences.HEADINGS, topic)


def paragraph(random: Random, topic: Topic) -> str:
    return " ".join(passage(random, sentences.PROSE, topic, 2, 5))


def remark(random: Random, topic: Topic) -> str:
    """A comment's body of one to three sentences, with a blank line now and then."""
    return pick(random, (" ", " ", "\n\n")).join(passage(random, sentences.REMARKS, topic, 1, 3))
