"""Which calls, and how often each: change the weights to have another load."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from profiling.load.world import Person, World, pick

PAGE = 20


class Ask(NamedTuple):
    """A request, and the statuses that are right for it."""

    method: str
    path: str
    json: Any = None
    signed_in: bool = False
    right: tuple[int, ...] = (200,)


FIRST_PAGE = Ask("GET", "/api/articles", signed_in=True)
FEED = Ask("GET", "/api/articles/feed", signed_in=True)
TAGS = Ask("GET", "/api/tags")
CURRENT = Ask("GET", "/api/user", signed_in=True)


@dataclass
class User:
    """Who sits at a connection: what they know, and what they made."""

    world: World
    person: Person
    number: int
    random: Random
    made: int = 0
    own: list[str] = field(default_factory=list)
    comments: list[tuple[str, int]] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    def slug(self) -> str:
        return quote(pick(self.random, self.world.slugs), safe="")

    def name(self) -> str:
        return quote(pick(self.random, self.world.names), safe="")

    def title(self) -> str:
        self.made += 1
        return f"Load {self.number} {self.made} {self.random.getrandbits(32):08x}"


def listing(user: User) -> Ask:
    return Ask("GET", f"/api/articles?offset={PAGE * int(10 * user.random.random() ** 4)}")


def by_tag(user: User) -> Ask:
    return Ask("GET", f"/api/articles?tag={quote(pick(user.random, user.world.tags), safe='')}")


def by_author(user: User) -> Ask:
    return Ask("GET", f"/api/articles?author={user.name()}")


def favourites(user: User) -> Ask:
    return Ask("GET", f"/api/articles?favorited={user.name()}")


def article(user: User) -> Ask:
    return Ask("GET", f"/api/articles/{user.slug()}", signed_in=user.random.random() < 0.3)


def comments(user: User) -> Ask:
    return Ask("GET", f"/api/articles/{user.slug()}/comments")


def profile(user: User) -> Ask:
    return Ask("GET", f"/api/profiles/{user.name()}")


def not_there(user: User) -> Ask:
    return Ask("GET", f"/api/articles/{user.random.getrandbits(32):08x}", right=(404,))


def favour(user: User) -> Ask:
    return Ask("POST", f"/api/articles/{user.slug()}/favorite", signed_in=True)


def unfavour(user: User) -> Ask:
    return Ask("DELETE", f"/api/articles/{user.slug()}/favorite", signed_in=True)


def follow(user: User) -> Ask:
    return Ask("POST", f"/api/profiles/{user.name()}/follow", signed_in=True, right=(200, 422))


def unfollow(user: User) -> Ask:
    return Ask("DELETE", f"/api/profiles/{user.name()}/follow", signed_in=True, right=(200, 422))


def comment(user: User) -> Ask:
    body = {"comment": {"body": f"Said by {user.person.name}: {user.title()}"}}
    return Ask("POST", f"/api/articles/{user.slug()}/comments", body, signed_in=True, right=(200, 201))


def delete_comment(user: User) -> Ask:
    if not user.comments:
        return comment(user)
    slug, number = user.comments.pop()
    return Ask("DELETE", f"/api/articles/{slug}/comments/{number}", signed_in=True, right=(200, 204))


def publish(user: User) -> Ask:
    title = user.title()
    draft = {"title": title, "description": "By the load", "body": f"{title}. " * 40, "tagList": ["load"]}
    return Ask("POST", "/api/articles", {"article": draft}, signed_in=True, right=(200, 201))


def change(user: User) -> Ask:
    if not user.own:
        return publish(user)
    body = {"article": {"body": f"Changed: {user.title()}"}}
    return Ask("PUT", f"/api/articles/{quote(user.own[-1], safe='')}", body, signed_in=True)


def delete(user: User) -> Ask:
    if not user.own:
        return publish(user)
    return Ask("DELETE", f"/api/articles/{quote(user.own.pop(), safe='')}", signed_in=True, right=(200, 204))


PASSWORD = "correct horse battery"


def register(user: User) -> Ask:
    user.made += 1
    name = f"load-{user.number}-{user.made}"
    account = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    return Ask("POST", "/api/users", {"user": account}, right=(200, 201))


def log_in(user: User) -> Ask:
    if not user.accounts:
        return register(user)
    return Ask("POST", "/api/users/login", {"user": {"email": user.accounts[-1], "password": PASSWORD}})


WEIGHTS: Sequence[tuple[Ask | Callable[[User], Ask], float]] = (
    (listing, 20),
    (FIRST_PAGE, 6),
    (by_tag, 8),
    (by_author, 5),
    (favourites, 3),
    (FEED, 6),
    (article, 20),
    (comments, 8),
    (profile, 5),
    (TAGS, 5),
    (CURRENT, 3),
    (not_there, 1),
    (favour, 2.5),
    (unfavour, 1.5),
    (follow, 0.8),
    (unfollow, 0.6),
    (comment, 2),
    (delete_comment, 0.6),
    (publish, 0.8),
    (change, 0.6),
    (delete, 0.2),
    (register, 0.2),
    (log_in, 0.2),
)


def choose(user: User) -> Ask:
    ((call, _),) = user.random.choices(WEIGHTS, [weight for _, weight in WEIGHTS])
    return call if isinstance(call, Ask) else call(user)


def remember(user: User, ask: Ask, answer: Any) -> None:
    """What a later call needs of an answer to a POST or PUT."""
    if "comment" in answer:
        user.comments.append((ask.path.split("/")[3], answer["comment"]["id"]))
    if ask.path == "/api/articles":
        user.own.append(answer["article"]["slug"])
    if ask.path == "/api/users":
        user.accounts.append(answer["user"]["email"])
