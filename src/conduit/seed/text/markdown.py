"""Bodies in Markdown: headings, paragraphs, lists, quotes, code and links, 0.5 to 6 KB."""

from random import Random

from conduit.seed.draws import below
from conduit.seed.text import prose, sentences
from conduit.seed.text.topics import Topic

SHORTEST = 520
LONGEST = 5_100
"""A body stops growing here, in characters; the last part may go 900 beyond."""


def body(random: Random, topic: Topic) -> str:
    drawn = random.random()
    wanted = SHORTEST + int((LONGEST - SHORTEST) * drawn * drawn)
    parts = [prose.paragraph(random, topic)]
    length = len(parts[0])
    while length < wanted:
        part = PARTS[below(random, len(PARTS))](random, topic)
        parts.append(part)
        length += len(part) + 2
    return "\n\n".join(parts)


def section(random: Random, topic: Topic) -> str:
    return f"## {prose.heading(random, topic)}\n\n{prose.paragraph(random, topic)}"


def subsection(random: Random, topic: Topic) -> str:
    return f"### {prose.heading(random, topic)}\n\n{prose.paragraph(random, topic)}"


def bullets(random: Random, topic: Topic) -> str:
    return "\n".join(f"- {item}" for item in prose.passage(random, sentences.ITEMS, topic, 3, 6))


def steps(random: Random, topic: Topic) -> str:
    items = prose.passage(random, sentences.ITEMS, topic, 3, 6)
    return "\n".join(f"{place}. {prose.capital(item)}." for place, item in enumerate(items, 1))


def quote(random: Random, topic: Topic) -> str:
    return f"> {prose.sentence(random, sentences.PROSE, topic)}"


def code(random: Random, topic: Topic) -> str:
    name = prose.pick(random, topic.things).lower().replace(" ", "_").replace("-", "_")
    lines = sentences.CODE[topic.language].format(name=name, number=2 + below(random, 58))
    return f"```{topic.language}\n{lines}\n```"


def link(random: Random, topic: Topic) -> str:
    """Links lead to lists of this API's front end, which any front end of Conduit has under its root."""
    thing = prose.pick(random, topic.things)
    return (
        f"{prose.sentence(random, sentences.PROSE, topic)} More of it: [other notes on the {thing}](/?tag={topic.tag})."
    )


PARTS = (section, section, section, prose.paragraph, prose.paragraph, subsection, bullets, steps, quote, code, link)
