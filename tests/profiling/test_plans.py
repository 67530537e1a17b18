"""The plans that `python -m profiling.plans` writes down."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from profiling.plans.__main__ import written
from profiling.plans.cases import cases, values
from profiling.plans.explain import explain
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from conduit import seed
from tests import databases
from tests.conduit.seed import contents

ARTICLES = 600


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with databases.connected(database_url) as engine:
        databases.empty(engine)
        seed.fill(engine, ARTICLES, 1, Console(file=io.StringIO()))
        yield engine
        databases.empty(engine)


def test_every_case_is_written_down_with_its_plan(engine: Engine) -> None:
    report = written(engine, "Some database", ARTICLES)
    for name in ("a page of articles by tag and author and favorited", "the feed of demo", "an article deleted"):
        assert f"  {name}" in report
        assert f"\n== {name}\n" in report
    assert ("SEARCH articles USING" if engine.dialect.name == "sqlite" else "Buffers: shared hit") in report


def test_explaining_a_write_takes_it_back(engine: Engine) -> None:
    with Session(engine) as session:
        found = values(session)
    before = contents.digest(engine)
    for case in cases(found):
        explain(engine, case)
    assert contents.digest(engine) == before


def test_on_sqlite_every_list_is_found_by_an_index(tmp_path: Path) -> None:
    with databases.connected(f"sqlite:///{tmp_path / 'conduit.db'}") as engine:
        databases.migrate(engine)
        # In a smaller database a scan of the users would be the better plan.
        seed.fill(engine, 2_000, 1, Console(file=io.StringIO()))
        summary, _, _ = written(engine, "SQLite", 2_000).partition("\n== ")
    scanning = re.findall(r"  ([a-z].*) \| .*SCAN (\w+)", summary)
    # All articles are walked from the newest until the page is full; every tag in use is wanted.
    assert {table for _, table in scanning} == {"articles", "tags"}
    names = {name for name, table in scanning if table == "articles"}
    assert names == {"a page of all articles, signed out", "a page of all articles", "a page from 20,000 on"}
