"""What is measured, a row for each case. To measure something else, add a row, or a site."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from profiling.bench import floors


@dataclass(frozen=True)
class Site:
    """What serves: an application under Gunicorn, with environment variables of its own."""

    name: str
    app: str
    """As Gunicorn takes it: `module:variable`."""
    ready: str = "/"
    """The path that answers 200 once it serves."""
    database: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Case:
    """One request, sent again and again."""

    name: str
    site: Site
    path: str
    """With `{tag}`, `{author}`, `{reader}` and `{slug}` where the data shall decide, see `profiling.bench.subjects`."""
    shows: Callable[[Any], bool]
    """Whether the JSON that comes back is what is asked for."""
    signed_in: bool = False
    at_most: float | None = None
    """The expectation: CPU per request, in multiples of the bare Flask view's."""
    limits: tuple[tuple["Case", float], ...] = field(default=(), hash=False)
    """More expectations, in multiples of what other cases cost."""
    hot: bool = False
    """Whether it must be answered from the cache, as `Cache-Status` says."""


def articles(answer: Any) -> bool:
    return len(answer["articles"]) == 20 and answer["articlesCount"] >= 20


def article(answer: Any) -> bool:
    return bool(answer["article"]["body"])


WSGI = Site("bare WSGI", "profiling.bench.floors:function")
FLASK = Site("bare Flask", "profiling.bench.floors:flask")
CONDUIT = Site("Conduit", "wsgi:app", ready="/readyz", environ={"CACHE_ENABLED": "false"})
HOT = Site("Conduit, cached", "wsgi:app", ready="/readyz", environ={"CACHE_MARK_TTL": "1", "REDIS_TIMEOUT": "1"})
DOCUMENTED = Site(
    "Conduit on Flask-Caching", "profiling.bench.flask_caching:app", ready="/readyz", environ=CONDUIT.environ
)

BARE = Case("2 KB of JSON", WSGI, "/", lambda answer: answer["text"] == floors.TEXT)
FLOOR = Case("a small JSON view", FLASK, "/", lambda answer: answer == {"hello": "world"})
FLOORS = (BARE, FLOOR)
READS = (
    Case("list of 20", CONDUIT, "/api/articles", articles, at_most=3.0),
    Case("list of 20, signed in", CONDUIT, "/api/articles", articles, signed_in=True),
    Case("list of 20, by tag", CONDUIT, "/api/articles?tag={tag}", articles),
    Case("list of 20, by author", CONDUIT, "/api/articles?author={author}", articles),
    Case("list of 20, by favourites", CONDUIT, "/api/articles?favorited={reader}", articles),
    Case("feed, signed in", CONDUIT, "/api/articles/feed", articles, signed_in=True),
    Case("article", CONDUIT, "/api/articles/{slug}", article, at_most=2.0),
    Case("article, signed in", CONDUIT, "/api/articles/{slug}", article, signed_in=True),
    Case("comments", CONDUIT, "/api/articles/{slug}/comments", lambda answer: len(answer["comments"]) > 0),
    Case("profile", CONDUIT, "/api/profiles/{author}", lambda answer: bool(answer["profile"]["username"])),
    Case("tags", CONDUIT, "/api/tags", lambda answer: len(answer["tags"]) > 0),
)
ROUND_TRIP = Case(
    "bare WSGI, 11 KB of JSON by one round trip to Redis",
    Site("bare WSGI", "profiling.bench.round_trip:function"),
    "/",
    lambda answer: len(answer["text"]) > 10_000,
)
FLASK_CACHING = Case("list of 20, cached as Flask-Caching documents", DOCUMENTED, "/api/articles", articles)
HITS = (
    ROUND_TRIP,
    FLASK_CACHING,
    Case("list of 20, a hit", HOT, "/api/articles", articles, hot=True, limits=((BARE, 2.5), (FLASK_CACHING, 0.5))),
    Case("list of 20, a hit, signed in", HOT, "/api/articles", articles, hot=True, signed_in=True),
    Case("article, a hit", HOT, "/api/articles/{slug}", article, hot=True),
)


def on(databases: Sequence[str]) -> list[Case]:
    """The floors, then the reads on each database, and the hits, which need none, on the first."""
    chosen = [(name, case) for name in databases for case in READS] + [(databases[0], case) for case in HITS]
    reads = [replace(case, site=replace(case.site, database=name)) for name, case in chosen]
    return [*FLOORS, *reads]
