"""An application of twenty lines: one table, one hot route, one write."""

from collections.abc import Callable
from typing import Any

from flask import Flask, jsonify, request
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select, update

from hotroute.cache import hot

metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String(50)))


def make(engine: Engine, executed: Callable[[], Any] = lambda: None) -> Flask:
    app = Flask("twenty")
    metadata.create_all(engine)

    @app.get("/notes/<int:key>")
    @hot(query=("shout",))
    def read(key: int) -> Any:
        executed()
        with engine.connect() as connection:
            text = connection.scalar(select(notes.c.text).where(notes.c.id == key))
        return jsonify(text=text.upper() if request.args.get("shout") and text else text)

    @app.put("/notes/<int:key>")
    def write(key: int) -> Any:
        with engine.begin() as connection:
            changed = connection.execute(update(notes).where(notes.c.id == key).values(text=request.json["text"]))
            if not changed.rowcount:
                connection.execute(insert(notes).values(id=key, text=request.json["text"]))
        return "", 204

    return app
