"""What a user sends, and what a statement says, is not kept."""

import dataclasses
import logging
import re
import time

import pytest
from flask import Flask, Response, request
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from hotroute.profiler.instrumentation.sqlalchemy import TEXT
from hotroute.profiler.worker import sql_fingerprint
from tests.profiler.batches import single
from tests.profiler.worker.conftest import Make

SECRET = "hunter2"


def hostile() -> Flask:
    """An application that passes on all that it is given, to places where it does not belong."""
    app = Flask("tests")
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    app.extensions["engine"] = engine

    @app.route("/search/<name>", methods=["GET", "POST"])
    def search(name: str) -> Response:
        with engine.connect() as connection:
            connection.execute(text(f"SELECT '{name}', 1 WHERE 'a' = '{request.args['q']}' -- {request.args['q']}"))
            connection.execute(text("SELECT :name"), {"name": request.form.get("name", "")})
            connection.exec_driver_sql(f'SELECT "{name}", /* {name} */ {len(name)}')
        return Response(name, headers={"X-Name": name, "Set-Cookie": f"a={name}"})

    @app.get("/fails/<name>")
    def fails(name: str) -> str:
        raise RuntimeError(f"nothing is known of {name}")

    return app


def test_nothing_that_a_request_brings_is_kept(make: Make) -> None:
    app = hostile()
    profiled = make(app, engines=(app.extensions["engine"],), slow=0.000001)
    headers = {
        "Authorization": f"Token {SECRET}",
        "Cookie": f"session={SECRET}",
        "User-Agent": f"<script>{SECRET}</script>",
        "X-Request-Id": f"{SECRET} {SECRET}",
        "Hotroute-Profile": SECRET,
        "Referer": f"https://example.org/?{SECRET}",
    }
    path = f"/search/{SECRET}?q={SECRET}&{SECRET}=1"
    assert profiled.call("POST", path, data={"name": SECRET}, headers=headers).status_code == 200
    profiled.get(f"/fails/{SECRET}?q={SECRET}", headers=headers)
    profiled.get(f"/{SECRET}", headers=headers)
    profiled.call(SECRET.upper(), f"/{SECRET}", headers=headers)
    batch = profiled.batch()
    assert len(single(batch)) == 4
    assert len(batch.samples) == 4
    kept = repr(dataclasses.asdict(batch))
    assert SECRET.upper() not in kept.upper()
    assert len(batch.samples[0].events) == 3


HIDDEN = (
    f"SELECT 1 WHERE a = '{SECRET}'",
    f"SELECT 1 WHERE a = 'it''s {SECRET}'",
    f"SELECT 1 WHERE a = E'it\\'s {SECRET}' AND b = '{SECRET}'",
    f"SELECT 1 WHERE a = 'C:\\' AND b = '{SECRET}'",
    f"SELECT $${SECRET}$$, $tag$ {SECRET} $tag$",
    f"SELECT 1 -- {SECRET}\nFROM a",
    f"SELECT 1 /* {SECRET} */ FROM a",
    f"SELECT 1 /* a /* b */ {SECRET} */ FROM a",
    f"SELECT 1 WHERE a = '{SECRET}",
    f'SELECT 1 WHERE a = "{SECRET}"',
    f"SELECT 1 WHERE a = `{SECRET}`",
    f"SELECT U&'{SECRET}'",
    f"INSERT INTO a VALUES ('x', '{SECRET}'), ('y', '{SECRET}')",
    f"{SECRET}",
    f"SELECT '{SECRET}' || ''''",
    "SELECT '" + "x" * 200_000 + SECRET + "'",
)


@pytest.mark.parametrize("statement", HIDDEN, ids=range(len(HIDDEN)))
def test_no_value_of_a_statement_that_somebody_wrote_is_kept(statement: str) -> None:
    assert SECRET not in sql_fingerprint.of(TEXT + statement)[0]


def test_a_long_statement_is_cut_before_it_is_looked_at() -> None:
    short, long = (f"SELECT a FROM b WHERE c IN ({', '.join('?' * count)})" for count in (10, 100_000))
    remembered = sql_fingerprint.found.cache_info().currsize
    assert len(sql_fingerprint.of(long)[0]) <= sql_fingerprint.LONGEST
    assert sql_fingerprint.found.cache_info().currsize == remembered, "a few of those would fill the memory"
    assert sql_fingerprint.of(long)[0].startswith("SELECT a FROM b")
    values = ", ".join(f"'{SECRET}{number}'" for number in range(10_000))
    assert SECRET not in sql_fingerprint.of(f"{short} AND d IN ({values})")[0]


@pytest.mark.parametrize("piece", ["/*", "'", '"', "`", "$a", "$", "(?, ", "?::a b ", "(...) ", "\\", "--", "1", " "])
def test_no_statement_takes_long_to_look_through(piece: str) -> None:
    many = "".join(f"{piece}{number}$ " if piece == "$a" else piece for number in range(50_000))
    began = time.process_time()
    sql_fingerprint.of(TEXT + "SELECT " + many)
    assert time.process_time() - began < 5, "it is bounded, by what is looked at"


def test_quotes_that_would_be_searched_for_again_and_again_are_not() -> None:
    openers = " ".join(f"$tag{number}$" for number in range(100))
    assert sql_fingerprint.of(f"SELECT {openers}")[0] == "SELECT (the rest could not be told from its values)"
    assert sql_fingerprint.of("SELECT $a$x$a$, $b$y$b$")[0] == "SELECT ?, ?"


def test_numbers_are_values_and_names_with_digits_are_not() -> None:
    kept, _ = sql_fingerprint.of("SELECT t1.a2, -4242, 3.14, 1e9, 0xCAFE FROM t1 WHERE t1.a2=1234 LIMIT 20")
    assert kept == "SELECT t1.a2, ?, ?, ?, ? FROM t1 WHERE t1.a2=? LIMIT ?"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM b WHERE c IN (?, ?, ?)", "SELECT a FROM b WHERE c IN (?)"),
        ("SELECT a FROM b WHERE c IN (%(c_1)s, %(c_2)s)", "SELECT a  FROM b\nWHERE c IN (%(c_1)s)"),
        ("INSERT INTO a (b) VALUES (?), (?)", "INSERT INTO a (b) VALUES (?)"),
        ("SELECT 1 WHERE a = 'x'", "SELECT 2 WHERE a = 'y'"),
    ],
)
def test_statements_that_differ_in_values_only_are_the_same(one: str, other: str) -> None:
    assert sql_fingerprint.of(one) == sql_fingerprint.of(other)


def test_other_statements_are_others() -> None:
    assert sql_fingerprint.of("SELECT a FROM b")[1] != sql_fingerprint.of("SELECT a FROM c")[1]


def test_names_that_sqlalchemy_quotes_stay() -> None:
    kept, _ = sql_fingerprint.of('SELECT "user".id, "order"."Total" FROM "user" WHERE "user".name = %(name)s')
    assert kept == 'SELECT "user".id, "order"."Total" FROM "user" WHERE "user".name = ?'


def test_neither_password_nor_key_is_shown_by_the_options(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = "postgresql+psycopg://me:secret@127.0.0.1:1/nothing"
    profiled = make(url=url, password="a secret password", key="a secret key")
    profiled.get("/", headers={"Hotroute-Profile": "a secret key"})
    assert not re.search("secret", repr(profiled.recorder.options) + caplog.text)
