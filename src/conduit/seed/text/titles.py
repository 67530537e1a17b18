"""Titles, each one once as long as a topic's combinations last, and their slugs."""

from conduit.seed.draws import scattered
from conduit.seed.text.sentences import HEADS, TAILS, TIMES
from conduit.seed.text.topics import TOPICS, Topic
from conduit.services import slugs

THINGS = len(TOPICS[0].things)
SPACE = len(HEADS) * THINGS * len(TAILS) * len(TIMES)
"""Titles that a topic has; after them they come again, and their slugs get an end as the API would give them one."""


def title(topic: Topic, index: int, offset: int) -> tuple[str, str]:
    """The title of a topic's article number `index` and its slug."""
    lap, place = divmod(index, SPACE)
    text = combination(topic, scattered(place, offset, SPACE))
    plain = next(slugs.candidates(text))
    return text, f"{plain}-{ending(lap, place)}" if lap else plain


def combination(topic: Topic, place: int) -> str:
    rest, head = divmod(place, len(HEADS))
    rest, thing = divmod(rest, THINGS)
    time, tail = divmod(rest, len(TAILS))
    return f"{HEADS[head].format(thing=topic.things[thing])}: {TAILS[tail].format(time=TIMES[time])}"


def ending(lap: int, place: int) -> str:
    """Eight characters as `slugs.candidates` draws them, but from the numbers, so that no two titles share them."""
    rest = scattered(lap * SPACE + place, 0, ENDINGS)
    characters = []
    for _ in range(8):
        rest, digit = divmod(rest, len(slugs.ALPHABET))
        characters.append(slugs.ALPHABET[digit])
    return "".join(characters)


ENDINGS = len(slugs.ALPHABET) ** 8
