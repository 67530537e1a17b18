"""Flask-Login with the settings of docs/cache.md: each user's answers are theirs, and hits."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request, session
from flask.sessions import SessionInterface
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from sqlalchemy import Engine, String, create_engine, insert, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from hotroute import cache
from hotroute.cache import CacheOptions, MemoryStore, SessionCaller, hot
from tests.servers import ROOT


class Base(DeclarativeBase):
    """Of the tables of this site."""


class User(UserMixin, Base):
    __tablename__ = "login_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'users.db'}", poolclass=NullPool)
    Base.metadata.create_all(made)
    with made.begin() as connection:
        connection.execute(insert(User), [{"id": 1, "name": "anna"}, {"id": 2, "name": "bob"}])
    yield made
    made.dispose()


def recipe() -> str:
    """Return the lines of the documentation that set Flask-Login up behind the cache."""
    page = (Path(ROOT) / "docs" / "cache.md").read_text()
    found = re.search(r"\*\*Flask-Login\*\*.*?```python\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def app(engine: Engine) -> Flask:
    app = Flask("site")
    app.secret_key = "for the session"
    login_manager = LoginManager(app)

    @login_manager.user_loader
    def load(key: str) -> User | None:
        with Session(engine) as opened:
            return opened.get(User, int(key))

    @app.post("/login/<int:key>")
    def login(key: int) -> Any:
        user = load(str(key))
        login_user(user, remember="remember" in request.args)
        return ""

    @app.post("/logout")
    def logout() -> Any:
        logout_user()
        return ""

    @app.post("/theme/<name>")
    def theme(name: str) -> Any:
        session["theme"] = name
        return ""

    add_pages(app)
    names = {
        "CacheOptions": CacheOptions,
        "SessionCaller": SessionCaller,
        "cache": cache,
        "login_manager": login_manager,
    }
    exec(recipe(), {**names, "app": app, "store": MemoryStore(), "engine": engine, "metadata": Base.metadata})
    return app


def add_pages(app: Flask) -> None:
    @app.get("/me")
    @hot(share="per-caller")
    @login_required
    def me() -> Any:
        return f"{current_user.name} likes {session.get('theme', 'light')}"

    @app.get("/page")
    @hot(share="per-caller", tags=("login_user",))
    def page() -> Any:
        return f"for {current_user.name if current_user.is_authenticated else 'anybody'}"

    @app.get("/cookie")
    @hot(share="per-caller", tags=())
    def cookie() -> Any:
        return request.cookies.get("theme", "light")

    @app.get("/agent")
    @hot(share="per-caller", tags=("login_user",))
    def agent() -> Any:
        return f"{current_user.is_authenticated} {request.user_agent}"


def logged_in(app: Flask, key: int, **query: str) -> FlaskClient:
    client = app.test_client()
    assert client.post(f"/login/{key}", query_string=query).status_code == 200
    return client


def is_hit(client: FlaskClient, path: str, text: str, **options: Any) -> bool:
    answer = client.get(path, **options)
    assert answer.text == text, answer.headers["Cache-Status"]
    return answer.headers["Cache-Status"].startswith("Hotroute; hit; ttl")


@pytest.mark.parametrize("protection", ["basic", "strong", None])
def test_each_user_gets_hits_of_their_own(app: Flask, protection: str | None) -> None:
    app.config["SESSION_PROTECTION"] = protection
    anna, bob, nobody = logged_in(app, 1), logged_in(app, 2), app.test_client()
    for hit in (False, True):
        assert is_hit(anna, "/page", "for anna") is hit
        assert is_hit(bob, "/page", "for bob") is hit
        assert is_hit(nobody, "/page", "for anybody") is hit
        assert is_hit(anna, "/me", "anna likes light") is hit
    assert nobody.get("/me").status_code == 401
    assert "detail" not in anna.get("/page").headers["Cache-Status"]


def test_what_the_session_has_besides_is_in_the_key(app: Flask) -> None:
    anna, again = logged_in(app, 1), logged_in(app, 1)
    again.post("/theme/dark")
    for hit in (False, True):
        assert is_hit(anna, "/me", "anna likes light") is hit
        assert is_hit(again, "/me", "anna likes dark") is hit


def test_a_write_to_the_users_is_seen(app: Flask, engine: Engine) -> None:
    anna = logged_in(app, 1)
    assert [is_hit(anna, "/me", "anna likes light") for _ in range(2)] == [False, True]
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == 1).values(name="ann"))
    assert not is_hit(anna, "/me", "ann likes light")


def test_who_has_logged_out_gets_no_answer_of_before(app: Flask) -> None:
    anna = logged_in(app, 1)
    assert [is_hit(anna, "/page", "for anna") for _ in range(2)] == [False, True]
    anna.post("/logout")
    assert not is_hit(anna, "/page", "for anybody")
    assert anna.get("/me").status_code == 401


def test_a_stolen_cookie_is_protected_as_flask_login_does(app: Flask) -> None:
    app.config["SESSION_PROTECTION"] = "strong"
    anna = logged_in(app, 1)
    assert [is_hit(anna, "/page", "for anna") for _ in range(2)] == [False, True]
    cookie = anna.get_cookie("session")
    assert cookie
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert not is_hit(thief, "/page", "for anybody", headers={"User-Agent": "another"})


def test_a_remembered_user_is_logged_in_by_the_application(app: Flask) -> None:
    anna = logged_in(app, 1, remember="yes")
    anna.delete_cookie("session")
    assert not is_hit(anna, "/page", "for anna")
    assert [is_hit(anna, "/page", "for anna") for _ in range(2)] == [False, True]


def test_a_forged_session_is_nobodys(app: Flask) -> None:
    for value in ("x", "eyJfdXNlcl9pZCI6IjEifQ.aS0.forged"):
        client = app.test_client()
        client.set_cookie("session", value)
        is_hit(client, "/page", "for anybody")


def test_a_header_that_logs_in_is_the_applications_to_read(app: Flask) -> None:
    answer = app.test_client().get("/page", headers={"Authorization": "x"})
    assert "CREDENTIALS-NOT-VALID" in answer.headers["Cache-Status"]


def test_another_cookie_is_not_in_the_key(app: Flask) -> None:
    anna = logged_in(app, 1)
    for theme in ("dark", "light"):
        anna.set_cookie("theme", theme)
        assert not is_hit(anna, "/cookie", theme)
    assert "UNKEYED-COOKIE" in anna.get("/cookie").headers["Cache-Status"]
    assert [is_hit(anna, "/page", "for anna") for _ in range(2)] == [False, True]


def test_what_the_view_itself_reads_of_the_client_counts_for_nobody(app: Flask) -> None:
    for name in ("one", "two"):
        assert not is_hit(app.test_client(), "/agent", f"False {name}", headers={"User-Agent": name})
    anna = logged_in(app, 1)
    agent = anna.get("/agent").text
    assert is_hit(anna, "/agent", agent)


def test_sessions_elsewhere_and_without_a_key_are_refused_by_name() -> None:
    class Stored(SessionInterface):
        """On a server."""

    app = Flask("site")
    with pytest.raises(ValueError, match="SECRET_KEY, which is not set"):
        SessionCaller(app)
    app.session_interface = Stored()
    with pytest.raises(ValueError, match="cannot read sessions of Stored"):
        SessionCaller(app)
