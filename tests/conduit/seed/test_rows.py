"""The seeded rows keep the rules of the API, and look like the work of people."""

import re
from collections import Counter
from statistics import mean, median

from sqlalchemy.orm import Session

from conduit.repositories import counters
from conduit.schemas.articles import NewArticle
from conduit.schemas.comments import NewComment
from conduit.schemas.users import NewUser, UserChanges
from conduit.seed.size import END
from conduit.services import slugs
from tests.conduit.seed import contents
from tests.conduit.seed.conftest import SIZE, Seeded

COUNTED = ("users", "tags", "articles", "counters")


def test_every_table_has_rows_in_proportion_to_the_articles(seeded: Seeded) -> None:
    found = contents.counted(seeded.engine)
    assert (found["users"], found["articles"], found["comments"]) == (30, 600, 900)
    assert {name for name, rows in found.items() if not rows} == {"jobs", "link_previews"}


def test_every_counter_is_what_a_recount_finds(seeded: Seeded) -> None:
    before = {name: contents.rows(seeded.engine, name) for name in COUNTED}
    with Session(seeded.engine) as session, session.begin():
        counters.recount(session)
    assert {name: contents.rows(seeded.engine, name) for name in COUNTED} == before


def test_the_api_would_take_every_user(seeded: Seeded) -> None:
    for user in contents.rows(seeded.engine, "users"):
        taken = NewUser(username=user.username, email=user.email, password="long enough")
        assert (taken.username, taken.email) == (user.username, user.email)
        profile = UserChanges(bio=user.bio, image=user.image)
        assert (profile.bio, profile.image) == (user.bio, user.image)


def test_the_api_would_take_every_article(seeded: Seeded) -> None:
    for row in contents.rows(seeded.engine, "articles"):
        given = {"title": row.title, "description": row.description, "body": row.body, "tagList": row.tag_list}
        assert NewArticle(**given).model_dump() == given


def test_the_api_would_take_every_comment(seeded: Seeded) -> None:
    for comment in contents.rows(seeded.engine, "comments"):
        assert NewComment(body=comment.body).body == comment.body


def test_every_slug_is_the_one_the_api_would_make(seeded: Seeded) -> None:
    for article in contents.rows(seeded.engine, "articles"):
        assert article.slug == next(slugs.candidates(article.title))


def test_the_tag_list_is_sorted_and_is_what_the_filter_finds(seeded: Seeded) -> None:
    names = {tag.id: tag.name for tag in contents.rows(seeded.engine, "tags")}
    filtered: dict[int, list[str]] = {}
    for row in contents.rows(seeded.engine, "article_tags"):
        filtered.setdefault(row.article_id, []).append(names[row.tag_id])
    for article in contents.rows(seeded.engine, "articles"):
        assert article.tag_list == sorted(filtered.get(article.id, []))


def test_ids_rise_with_the_time(seeded: Seeded) -> None:
    for name in ("users", "articles", "comments"):
        found = contents.rows(seeded.engine, name)
        assert [row.id for row in found] == list(range(1, len(found) + 1))
        times = [row.created_at for row in found]
        assert times == sorted(times)
        assert len(set(times)) == len(times)
        assert max(row.updated_at for row in found) <= END


def test_nobody_writes_before_registering_or_comments_on_what_is_not_there(seeded: Seeded) -> None:
    joined = {user.id: user.created_at for user in contents.rows(seeded.engine, "users")}
    published = {row.id: row.created_at for row in contents.rows(seeded.engine, "articles")}
    for article in contents.rows(seeded.engine, "articles"):
        assert joined[article.author_id] <= article.created_at <= article.updated_at
    for comment in contents.rows(seeded.engine, "comments"):
        assert joined[comment.author_id] <= comment.created_at
        assert published[comment.article_id] < comment.created_at


def test_bodies_are_of_many_sizes_and_have_every_part_of_markdown(seeded: Seeded) -> None:
    bodies = [article.body for article in contents.rows(seeded.engine, "articles")]
    sizes = [len(body.encode()) for body in bodies]
    assert 500 <= min(sizes) < 700
    assert 4_500 < max(sizes) <= 6_000
    text = "\n".join(bodies)
    assert all(part in text for part in ("\n## ", "\n### ", "\n- ", "\n2. ", "\n> ", "\n```python\n", "]("))


def test_no_template_is_left_unfilled(seeded: Seeded) -> None:
    for name in ("users", "articles", "comments"):
        for row in contents.rows(seeded.engine, name):
            assert not re.search(r"\{(thing|other|quality|number|topic|time|name)\}", repr(row))


def test_a_few_tags_articles_and_authors_are_popular_and_most_are_not(seeded: Seeded) -> None:
    articles = contents.rows(seeded.engine, "articles")
    tags = [tag.articles_count for tag in contents.rows(seeded.engine, "tags")]
    assert max(tags) > 20 * median(tags)
    assert 2.5 < mean(len(article.tag_list) for article in articles) < 3.5
    assert {len(article.tag_list) for article in articles} == set(range(7))
    favorites = [article.favorites_count for article in articles]
    assert median(favorites) < mean(favorites) < max(favorites)
    followers = Counter(row.followed_id for row in contents.rows(seeded.engine, "follows"))
    assert max(followers.values()) > 2 * median(followers[user] for user in range(1, SIZE.users + 1))


def test_nobody_follows_themselves_and_demo_has_a_feed(seeded: Seeded) -> None:
    follows = contents.rows(seeded.engine, "follows")
    assert all(row.follower_id != row.followed_id for row in follows)
    assert any(row.follower_id == 1 for row in follows)
