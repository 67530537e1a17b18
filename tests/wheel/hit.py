"""A program of an environment that has the wheel only: one table, one hot route, asked twice."""

import sys
from time import sleep

from flask import Flask
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select

from hotroute import cache
from hotroute.cache import CacheOptions, RedisClient, RedisStore, hot

metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String(50)))
engine = create_engine("sqlite:///notes.db")
metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(insert(notes).values(id=1, text="a note"))
app = Flask("notes")


@app.get("/notes")
@hot()
def find() -> list[str]:
    with engine.connect() as connection:
        return [*connection.scalars(select(notes.c.text))]


# A Redis that has just started is not trusted for `mark_ttl` seconds: it may have lost marks of writers.
store = RedisStore(RedisClient(sys.argv[1], timeout=5), mark_ttl=0.2)
cache.init_app(app, store, CacheOptions((engine,), (metadata,)))
client = app.test_client()


def ask() -> str:
    response = client.get("/notes")
    return f"{response.status_code} {response.json} {response.headers['Cache-Status']}"


while "INVALIDATING" in (answer := ask()):
    sleep(0.02)
print(answer)
print(ask())
