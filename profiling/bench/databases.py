"""The databases that the bench fills and reads: its own, gone afterwards."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from rich.console import Console
from sqlalchemy import Engine
from tests import databases

from conduit import seed


class Database(NamedTuple):
    """Where it is, and the process ids whose trees serve it: none for SQLite, which runs within the workers."""

    url: str
    roots: list[int]


class Opener(Protocol):
    """Has a database of the kind run, in a folder that is there."""

    def __call__(self, folder: Path) -> AbstractContextManager[Database]: ...


@contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    yield Database(f"sqlite:///{folder / 'conduit.db'}", [])


@contextmanager
def postgresql(folder: Path) -> Iterator[Database]:
    del folder  # It chooses one itself.
    with databases.started_postgresql() as server:
        yield Database(server.get_uri(), [server.get_pid()])


KINDS: dict[str, Opener] = {"SQLite": sqlite, "PostgreSQL": postgresql}


def fill(engine: Engine, articles: int, console: Console) -> None:
    databases.migrate(engine)
    seed.fill(engine, articles, 1, console)
