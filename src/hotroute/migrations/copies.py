"""Copies of a SQLite file from before its last migrations, beside it: `app.db.copy-1` is the newest."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine

KEPT = 3


def keeper(engine: Engine, version_table: str) -> Callable[[Connection], None]:
    """Return a function that keeps a copy at its first call.

    It is called within the migration's transaction: another connection reads the file as it was before, with all that
    is in its write-ahead log, and nobody else can write meanwhile.
    """
    file = Path(engine.url.database or "").absolute()
    kept: list[Path] = []

    def keep(_: Connection) -> None:
        if not kept:
            kept.append(copy(file, version_table))

    return keep


def copy(file: Path, version_table: str) -> Path:
    """Copy a file that has rows; the oldest of more than `KEPT` copies goes."""
    fresh = file.with_name(f"{file.name}.copy-new")
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as source:
        if not has_rows(source, version_table):
            return file
        with closing(sqlite3.connect(fresh)) as target:
            source.backup(target)
            # One file is the whole copy.
            target.execute("PRAGMA journal_mode=DELETE")
    shutil.copymode(file, fresh)
    names = [file.with_name(f"{file.name}.copy-{number}") for number in range(1, KEPT + 1)]
    for older, newer in reversed([*zip(names[1:], names, strict=False)]):
        if newer.exists():
            newer.replace(older)
    return fresh.replace(names[0])


def has_rows(connection: sqlite3.Connection, version_table: str) -> bool:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    names = [name for (name,) in tables if name != version_table]
    return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in names)  # noqa: S608
