"""Tags of single rows, such as `article:<slug>`: a flush says which rows it changes, all else says `<table>!bulk`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, event, inspect
from sqlalchemy.orm import Mapper

from hotroute.cache.tracking import flush_scope
from hotroute.cache.tracking.sql_tables import named
from hotroute.cache.tracking.writes import BULK, add_tags

Key = str | Callable[[Any], Any]
Tell = Callable[[Mapper[Any], Connection, Any], None]
live = list["RowTags"]()
"""Registrations of this process, as the listeners are of the process and not of one application."""


class RowTags:
    """The models whose changes are told by row. A route that declares a row's tag gets `<table>!bulk` by itself, which
    is why this comes before `init_app`.

    Register every class that is mapped to a table, or none. Two transactions at READ COMMITTED, of which one gives a
    row another key while the other changes that row without having locked it: the second says the old key, and its
    change goes unseen under the new one. Load what you change `with_for_update()` where keys change.
    """

    def __init__(self) -> None:
        self.listeners: list[tuple[Any, str, Callable[..., None]]] = []
        self.models = dict[str, set[type]]()
        live.append(self)

    def register(self, model: type, *keys: Key, name: str, of: Iterable[str] = ()) -> None:
        """Changes to a row touch `name:<value>` for the old and the new value of each key.

        Args:
            keys: attributes. Or functions of a row that comes or goes, which give a value that nobody else changes
                until the transaction ends; any other change to such a row is told as `<table>!bulk`.
            of: attributes: other changes to a row that stays touch nothing under this name.
        """
        self.models.setdefault(f"{name}:", set()).add(model)
        watched = tuple(of)
        for attribute in (*(key for key in keys if isinstance(key, str)), *watched):
            # Otherwise an expired attribute is set without its old value being asked for.
            self.listen(getattr(model, attribute), "set", ignore, active_history=True, propagate=True)
        self.tell(model, ("insert", "delete"), emit_row_tags(keys, name))
        self.tell(model, ("update",), emit_row_tags(keys, name, watched, stays=True))

    def watch(self, model: type, *attributes: str, name: str) -> None:
        """A change to one of these attributes, or the end of a row, touches `name` itself; a new row does not.

        For what depends on rows that cannot be named beforehand, such as the author of an article.
        """
        self.models.setdefault(name, set()).add(model)
        self.tell(model, ("delete",), emit_tag(name))
        self.tell(model, ("update",), emit_tag(name, attributes))

    def tell(self, model: type, changes: Iterable[str], listener: Tell) -> None:
        for change in ("insert", "update", "delete"):
            self.listen(model, f"before_{change}", begin, propagate=True)
        for change in changes:
            self.listen(model, f"after_{change}", listener, propagate=True)
            if change == "update":
                # After the statement nothing is known any more of what an expression has changed.
                self.listen(model, "before_update", listener, propagate=True)

    def listen(self, target: Any, name: str, listener: Callable[..., None], **options: bool) -> None:
        def own(*arguments: Any) -> None:
            # SQLAlchemy has a function once, whoever listens by it: the first to remove it would end it for all.
            listener(*arguments)

        event.listen(target, name, own, **options)
        self.listeners.append((target, name, own))

    def remove(self) -> None:
        """Models outlive the applications, and the tests, that register them."""
        live[:] = [each for each in live if each is not self]
        for target, name, listener in self.listeners:
            if event.contains(target, name, listener):
                event.remove(target, name, listener)


def bulk_tags(tag: str) -> set[str]:
    """Return the `<table>!bulk` tags of the models whose rows touch `tag`; none if it is no row tag."""
    models = {model for rows in live for name, found in rows.models.items() if is_named(tag, name) for model in found}
    return {f"{table}{BULK}" for model in models for table in tables_of(model)}


def is_named(tag: str, name: str) -> bool:
    """Return whether a declared tag is `name`, or one of a row where `name` ends in a colon."""
    return tag.startswith(name) if name.endswith(":") else tag == name


def tables_of(model: type) -> set[str]:
    """Return the tables of a model and its subclasses, by the full name and the bare one: only a connection knows which
    schema is the default.
    """
    found = [table for mapper in mappers(model) for table in mapper.tables if isinstance(table, Table)]
    return {name for table in found for name in (table.fullname, table.name)}


def mappers(model: type) -> Iterator[Mapper[Any]]:
    """Yield the mappers of a class and of its subclasses; a mixin has none of its own."""
    mapper: Any = inspect(model, raiseerr=False)
    if isinstance(mapper, Mapper):
        yield from mapper.self_and_descendants
    subclasses: list[type] = type.__subclasses__(model)
    for subclass in subclasses:
        yield from mappers(subclass)


def emit_row_tags(keys: tuple[Key, ...], name: str, of: tuple[str, ...] = (), *, stays: bool = False) -> Tell:
    def tell(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
        if of and not changed(target, of):
            return
        for key in keys:
            known = values(target, key, stays=stays)
            unknown = [f"{table}{BULK}" for table in tables(mapper, connection)] if known is None else []
            add_tags(connection, [*unknown, *(f"{name}:{value}" for value in known or ())])

    return tell


def emit_tag(name: str, of: tuple[str, ...] = ()) -> Tell:
    def tell(_mapper: Mapper[Any], connection: Connection, target: Any) -> None:
        if not of or changed(target, of):
            add_tags(connection, [name])

    return tell


def changed(target: Any, attributes: Iterable[str]) -> bool:
    attrs = inspect(target).attrs
    return any(attrs[attribute].history.has_changes() for attribute in attributes)


def values(target: Any, key: Key, *, stays: bool) -> list[Any] | None:
    """The values of a key before and after the flush; None if one is not known, as of an expression."""
    if not isinstance(key, str):
        value = None if stays else key(target)
        return None if value is None else [value]
    state = inspect(target)
    history = state.attrs[key].history
    found = [*(history.added or ()), *(history.unchanged or ()), *(history.deleted or ())]
    replaced = bool(history.added) and not history.deleted and state.persistent
    return None if not found or replaced else found


def begin(mapper: Mapper[Any], connection: Connection, _target: Any) -> None:
    """What the flush writes to these tables, it tells by row."""
    flush_scope.declare(connection.dialect, tables(mapper, connection))


def tables(mapper: Mapper[Any], connection: Connection) -> set[str]:
    return named(mapper.tables, connection.dialect.default_schema_name)


def ignore(*_: Any) -> None:
    """The listener is there for its `active_history`."""
