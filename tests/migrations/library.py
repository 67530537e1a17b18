"""A database of authors, to whom books and reviews refer, and a folder of migrations that change it."""

from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import Engine, text

from hotroute.migrations.environment import ENGINE

ENVIRONMENT = """
import os
from sqlalchemy import MetaData
from hotroute import migrations
migrations.run(
    MetaData(), lambda: migrations.opened(os.environ["LIBRARY_URL"]), keep_copies="LIBRARY_COPIES" in os.environ
)
"""

REVISION = """
import sqlalchemy as sa
from alembic import op
revision = {revision!r}
down_revision = {follows!r}
def upgrade() -> None:
{upgrade}
def downgrade() -> None:
{downgrade}
"""

FIRST = """
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("born", sa.Integer(), nullable=False),
        sa.Column("spare", sa.String(50), nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "books",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("authors.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.String(50), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reviews",
        sa.Column("book_id", sa.Integer(), sa.ForeignKey("books.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("authors.id", ondelete="SET NULL"), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
"""

ROWS = (
    "INSERT INTO authors (name, born) VALUES ('Ada', 1815), ('Bram', 1847), ('Cora', 1900), ('gone', 1)",
    "DELETE FROM authors WHERE name = 'gone'",
    "INSERT INTO books (author_id, title) VALUES (1, 'Notes'), (2, 'Castles'), (2, 'Bats'), (3, 'gone')",
    "DELETE FROM books WHERE title = 'gone'",
    "INSERT INTO reviews (book_id, author_id, stars) VALUES (1, 3, 5), (2, NULL, 4), (3, 1, 1)",
)

READ = {
    "authors": "SELECT id, born FROM {authors} ORDER BY id",
    "books": "SELECT id, author_id, title FROM books ORDER BY id",
    "reviews": "SELECT book_id, author_id, stars FROM reviews ORDER BY book_id",
}


class Migrations:
    """A folder for Alembic, beginning with the first tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.exists():
            (folder / "versions").mkdir(parents=True)
            (folder / "env.py").write_text(ENVIRONMENT)
            self.add("1", None, FIRST)

    def add(self, revision: str, follows: str | None, upgrade: str, downgrade: str = "    pass") -> None:
        text = REVISION.format(revision=revision, follows=follows, upgrade=upgrade, downgrade=downgrade)
        (self.folder / "versions" / f"r{revision}.py").write_text(text)

    def config(self, engine: Engine | None = None) -> Config:
        made = Config()
        made.set_main_option("script_location", str(self.folder))
        made.set_main_option("path_separator", "os")
        if engine is not None:
            made.attributes[ENGINE] = engine
        return made


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        for statement in ROWS:
            connection.execute(text(statement))


def contents(engine: Engine, authors: str = "authors") -> dict[str, list[Any]]:
    """Return every row of every table, but for the columns that migrations change."""
    with engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(statement.format(authors=authors)))]
            for table, statement in READ.items()
        }
