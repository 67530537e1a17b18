"""One seeded user can log in; and what people do afterwards follows on what was seeded."""

import pytest
from sqlalchemy.orm import Session

from conduit.schemas.articles import NewArticle
from conduit.schemas.users import Credentials, NewUser
from conduit.services import accounts, articles, comments, passwords
from hotroute.api.errors import Unauthorized
from tests.conduit.seed import contents
from tests.conduit.seed.conftest import SIZE, Seeded


def test_demo_logs_in_with_the_password_that_was_shown_once(seeded: Seeded) -> None:
    assert seeded.output.count(seeded.password) == 1
    with Session(seeded.engine) as session:
        demo = accounts.log_in(session, Credentials(email="demo@conduit.example", password=seeded.password))
    assert (demo.id, demo.username) == (1, "demo")


def test_the_others_have_no_password(seeded: Seeded) -> None:
    _, *others = contents.rows(seeded.engine, "users")
    assert {user.password_hash for user in others} == {"!"}
    for guess in ("!", "", seeded.password):
        assert not passwords.match("!", guess)
    with Session(seeded.engine) as session, pytest.raises(Unauthorized):
        accounts.log_in(session, Credentials(email=others[0].email, password=seeded.password))


def test_the_next_ids_follow(seeded: Seeded) -> None:
    with Session(seeded.engine, expire_on_commit=False) as session:
        draft = NewUser(username="Newcomer", email="newcomer@example.com", password="long enough")
        user = accounts.register(session, draft)
        assert user.id == SIZE.users + 1
        article = articles.publish(
            session, user.id, NewArticle(title="Newest", description="Of all", body="Words", tagList=["brand-new"])
        )
        assert comments.add(session, user.id, article.slug, "Me too").id == SIZE.comments + 1
    assert contents.rows(seeded.engine, "articles")[-1].id == SIZE.articles + 1
    tags = contents.rows(seeded.engine, "tags")
    assert (tags[-1].name, tags[-1].id) == ("brand-new", len(tags))
