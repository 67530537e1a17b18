"""The tags that routes declare: each must be one that something touches, and those of rows get their table's too."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from hotroute.cache.tracking.row_tags import bulk_tags
from hotroute.cache.tracking.sql_tables import reached
from hotroute.cache.tracking.writes import BULK


class DeclaredTags:
    """A check of declared tags against what an application writes.

    Args:
        tables: names of all tables, and of the database's views.
        manual: tags, or beginnings of tags before a colon, that the application invalidates by itself.
    """

    def __init__(self, tables: Collection[str], manual: Iterable[str]) -> None:
        self.tables, self.manual = frozenset(tables), tuple(manual)

    def complete(self, endpoint: str, tags: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the tags of a route with those that their rows' tables bring along.

        Raises:
            ValueError: nothing ever touches one of them.
        """
        if tags is None:
            return None
        rows = {tag: bulk_tags(tag) for tag in tags}
        for tag, found in rows.items():
            if not (found or self.is_known(tag)):
                raise ValueError(self.refusal(endpoint, tag))
        return tuple(dict.fromkeys((*tags, *sorted(set().union(*rows.values())))))

    def is_known(self, tag: str) -> bool:
        is_manual = any(tag == name or tag.startswith(f"{name}:") for name in self.manual)
        return is_manual or tag.removesuffix(BULK) in self.tables

    def refusal(self, endpoint: str, tag: str) -> str:
        name = tag.partition(":")[0]
        near = get_close_matches(name, self.tables, n=1)
        hint = f" (the table is called {near[0]!r})" if near and near[0] != tag else ""
        return (
            f"{endpoint}: nothing changes the tag {tag!r} of @hot(tags=...){hint}: name a table of "
            f"CacheOptions(metadata=...), or call RowTags().register(..., name={name!r}) before init_app, or say "
            f"CacheOptions(manual_tags=({name!r},)) if the application calls invalidate for it"
        )


def undeclared_tables(tags: Iterable[str], tables: Collection[str], views: Mapping[str, Iterable[str]]) -> set[str]:
    """Return those of `tables`, which a view read, that none of its tags stands for.

    Args:
        views: the tables that each view of the database reads.
    """
    declared = {tag.removesuffix(BULK) for tag in tags}
    declared |= reached(views, declared)
    left = {table for table in tables if not {table, *other_names(table, tables)} & declared}
    return {table for table in left if table not in views or reached(views, [table]) & left}


def other_names(table: str, tables: Iterable[str]) -> set[str]:
    """Return the same table's name with its schema, or without: a statement on the default schema has both."""
    bare = table.rpartition(".")[2]
    return {each for each in tables if bare == each or each.endswith(f".{table}")}
