"""The counters behind `articlesCount` and `favoritesCount` against the rows that they count."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from conduit.extensions import db
from conduit.models import Article, ArticleTag, Counter, Favorite, Tag, User
from conduit.repositories import counters
from hotroute.database.transaction import writing
from tests import databases
from tests.api import Api, Person

NAMES = ("jake", "anna", "ben")
TAGS = ("a", "b", "c")


def kept() -> dict[str, Any]:
    """Every counter as it stands."""
    return {
        "users": [
            tuple(row)
            for row in db.session.execute(select(User.id, User.articles_count, User.favorites_count).order_by(User.id))
        ],
        "tags": [tuple(row) for row in db.session.execute(select(Tag.id, Tag.articles_count).order_by(Tag.id))],
        "articles": [
            tuple(row) for row in db.session.execute(select(Article.id, Article.favorites_count).order_by(Article.id))
        ],
        "total": db.session.scalar(select(Counter.value).where(Counter.name == "articles")),
    }


def counted() -> dict[str, Any]:
    """The same, from the rows."""

    def number(owner: Any, key: Any) -> Any:
        return (
            select(func.count()).select_from(owner.class_).where(owner == key).correlate(key.class_).scalar_subquery()
        )

    return {
        "users": [
            tuple(row)
            for row in db.session.execute(
                select(User.id, number(Article.author_id, User.id), number(Favorite.user_id, User.id)).order_by(User.id)
            )
        ],
        "tags": [
            tuple(row) for row in db.session.execute(select(Tag.id, number(ArticleTag.tag_id, Tag.id)).order_by(Tag.id))
        ],
        "articles": [
            tuple(row)
            for row in db.session.execute(
                select(Article.id, number(Favorite.article_id, Article.id)).order_by(Article.id)
            )
        ],
        "total": db.session.scalar(select(func.count()).select_from(Article)),
    }


class Conversation(RuleBasedStateMachine):
    """Whatever people do, in whatever order, the counters are right."""

    app: Flask

    @initialize()
    def register(self) -> None:
        with self.app.app_context():
            databases.empty(db.engine)
        self.api = Api(self.app)
        self.people: list[Person] = [self.api.register(name) for name in NAMES]
        self.slugs: list[str] = []

    @rule(who=st.integers(0, 2), tags=st.lists(st.sampled_from(TAGS)))
    def publish(self, who: int, tags: list[str]) -> None:
        self.slugs.append(self.api.publish(self.people[who], tags=tags)["slug"])

    @rule(who=st.integers(0, 2), which=st.integers(0, 9), tags=st.lists(st.sampled_from(TAGS)))
    def retag(self, who: int, which: int, tags: list[str]) -> None:
        self.api.put(f"/articles/{self.slug(which)}", {"article": {"tagList": tags}}, self.people[who])

    @rule(who=st.integers(0, 2), which=st.integers(0, 9))
    def favour(self, who: int, which: int) -> None:
        self.api.post(f"/articles/{self.slug(which)}/favorite", by=self.people[who])

    @rule(who=st.integers(0, 2), which=st.integers(0, 9))
    def take_back(self, who: int, which: int) -> None:
        self.api.delete(f"/articles/{self.slug(which)}/favorite", self.people[who])

    @rule(who=st.integers(0, 2), which=st.integers(0, 9))
    def delete(self, who: int, which: int) -> None:
        self.api.delete(f"/articles/{self.slug(which)}", self.people[who])

    def slug(self, which: int) -> str:
        return self.slugs[which % len(self.slugs)] if self.slugs else "none"

    @invariant()
    def every_counter_is_right(self) -> None:
        with self.app.app_context():
            assert kept() == counted()


def test_the_counters_are_right_whatever_people_do(app: Flask) -> None:
    machine = type("ConversationWithApp", (Conversation,), {"app": app})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.parametrize("wrong", [0, 7])
def test_a_recount_mends_every_counter(api: Api, app: Flask, wrong: int) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    for n in range(3):
        api.publish(jake, f"T{n}", ["a"])
    api.post("/articles/t1/favorite", by=anna)
    with app.app_context():
        with writing(db.session):
            for user in db.session.scalars(select(User)):
                user.articles_count = user.favorites_count = wrong
            for tag in db.session.scalars(select(Tag)):
                tag.articles_count = wrong
            for article in db.session.scalars(select(Article)):
                article.favorites_count = wrong
            db.session.get_one(Counter, "articles").value = wrong
        assert kept() != counted()
        db.session.rollback()
        with writing(db.session):
            counters.recount(db.session)
        db.session.expire_all()
        assert kept() == counted()
