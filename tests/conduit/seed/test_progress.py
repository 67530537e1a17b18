"""What a seed shows while it works."""

import io
import re

from rich.console import Console
from sqlalchemy import Engine

from conduit import seed
from tests.conduit.seed.conftest import Seeded

TABLES = ["users", "tags", "articles", "article_tags", "follows", "favorites", "comments"]


def test_outside_a_terminal_each_table_is_one_line(seeded: Seeded) -> None:
    *lines, last = seeded.output.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["outlines", *TABLES]
    assert all(re.fullmatch(r"\w+: [\d,]+ in [\d.]+ s, [\d,]+/s", line) for line in lines)
    assert last.startswith("Log in as demo@conduit.example with the password ")


def test_on_a_terminal_each_table_is_a_bar_with_its_count_and_rate(engine: Engine) -> None:
    output = io.StringIO()
    seed.fill(engine, 40, 1, Console(file=output, force_terminal=True, color_system=None, width=100))
    for name in TABLES:
        assert re.search(rf"{name} \S+ (\d+)/\1 +[1-9][\d,]*/s", output.getvalue()), name
    assert "40/40" in output.getvalue()
