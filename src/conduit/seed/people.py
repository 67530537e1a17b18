"""Users, and who follows whom."""

from collections.abc import Iterator
from random import Random
from typing import Any

from slugify import slugify

from conduit.seed.counts import Counts
from conduit.seed.draws import below, early, heavy, scattered, stream
from conduit.seed.size import Size
from conduit.seed.text import prose
from conduit.seed.text.names import FAMILY, GIVEN
from conduit.seed.text.topics import TOPICS

DEMO = "demo"
DOMAIN = "conduit.example"
ABOUT_DEMO = "Here to look around."
UNUSABLE = "!"
"""No password fits it: it is not a hash."""

FOLLOWS = 17.0
AT_LEAST = 3


def users(size: Size, counts: Counts, password_hash: str) -> Iterator[dict[str, Any]]:
    """The first user is the one who can log in, with the password of `password_hash`."""
    random = stream(size.number, "users")
    offset = below(random, len(GIVEN) * len(FAMILY))
    for user in range(1, size.users + 1):
        username, mailbox = (DEMO, DEMO) if user == 1 else named(user, offset)
        time = size.at(size.arrival(user))
        yield {
            "id": user,
            "username": username,
            "email": f"{mailbox}@{DOMAIN}",
            "password_hash": password_hash if user == 1 else UNUSABLE,
            "bio": ABOUT_DEMO if user == 1 else bio(random),
            "image": "",
            "articles_count": counts.written[user],
            "favorites_count": counts.favored[user],
            "created_at": time,
            "updated_at": time,
        }


def named(user: int, offset: int) -> tuple[str, str]:
    """A username and a mailbox that no other user has: a pair of names, with a number once the pairs are used up."""
    space = len(GIVEN) * len(FAMILY)
    lap, index = divmod(user, space)
    family, given = divmod(scattered(index, offset, space), len(GIVEN))
    name = f"{GIVEN[given]} {FAMILY[family]}" + (f" {lap + 1}" if lap else "")
    return name, slugify(name, separator=".")


def bio(random: Random) -> str:
    topic = TOPICS[below(random, len(TOPICS))]
    return prose.bio(random, topic)


def follows(size: Size) -> Iterator[dict[str, Any]]:
    random = stream(size.number, "follows")
    for follower in range(1, size.users + 1):
        drawn = AT_LEAST + heavy(random, FOLLOWS, size.users // 2)
        for followed in sorted({1 + early(random, size.users) for _ in range(drawn)} - {follower}):
            yield {"follower_id": follower, "followed_id": followed}
