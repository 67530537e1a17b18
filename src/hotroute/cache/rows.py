"""Tags of single rows, such as `article:<slug>`: a flush says which rows it changes, all else says `<table>!bulk`."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Mapper, Session

from hotroute.cache.changes import BULK, FLUSHING, touch

FLUSHED = "hotroute.flushed"


class RowTags:
    """The models whose changes are told by row. A read that carries a row's tag carries `<table>!bulk` too.

    Register every class that is mapped to a table, or none. Two transactions at READ COMMITTED, of which one gives a
    row another key while the other changes that row without having locked it: the second says the old key, and its
    change goes unseen under the new one. Load what you change `with_for_update()` where keys change.

    Args:
        sessions: the `Session` class, or a sessionmaker, whose flushes are followed.
    """

    def __init__(self, sessions: Any = Session) -> None:
        self.listeners: list[tuple[Any, str, Callable[..., None]]] = []
        self.listen(sessions, "after_flush", finish)
        self.listen(sessions, "after_soft_rollback", finish)

    def register(self, model: type, *attributes: str, name: str) -> None:
        """Changes to a row touch `name:<value>` for the old and the new value of each attribute."""
        for attribute in attributes:
            # Otherwise an expired attribute is set without its old value being asked for.
            self.listen(getattr(model, attribute), "set", ignore, active_history=True, propagate=True)
        tell = telling(attributes, name)
        for change in ("insert", "update", "delete"):
            self.listen(model, f"before_{change}", begin, propagate=True)
            self.listen(model, f"after_{change}", tell, propagate=True)

    def listen(self, target: Any, name: str, listener: Callable[..., None], **options: bool) -> None:
        event.listen(target, name, listener, **options)
        self.listeners.append((target, name, listener))

    def remove(self) -> None:
        """Models outlive the applications, and the tests, that register them."""
        for target, name, listener in self.listeners:
            if event.contains(target, name, listener):
                event.remove(target, name, listener)


def telling(attributes: tuple[str, ...], name: str) -> Callable[[Mapper[Any], Connection, Any], None]:
    def tell(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
        for attribute in attributes:
            values = keys(target, attribute)
            unknown = [f"{table}{BULK}" for table in tables(mapper)] if values is None else []
            touch(connection, [*unknown, *(f"{name}:{value}" for value in values or ())])

    return tell


def keys(target: Any, attribute: str) -> list[Any] | None:
    """The values of an attribute before and after the flush; None if one is not known, as of an expression."""
    state = inspect(target)
    history = state.attrs[attribute].history
    values = [*(history.added or ()), *(history.unchanged or ()), *(history.deleted or ())]
    replaced = bool(history.added) and not history.deleted and state.persistent
    if not values or replaced:
        return None
    return values


def begin(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """What the flush writes to these tables, it tells by row. Only the flush: see `finish`."""
    if FLUSHING not in connection.info:
        inspect(target).session.info.setdefault(FLUSHED, []).append(connection.info)
    connection.info.setdefault(FLUSHING, set()).update(tables(mapper))


def finish(session: Session, *_: Any) -> None:
    """Also after a flush that failed in a savepoint, whose transaction goes on."""
    for info in session.info.pop(FLUSHED, ()):
        info.pop(FLUSHING, None)


def tables(mapper: Mapper[Any]) -> list[str]:
    return [str(getattr(table, "fullname", table)) for table in mapper.tables]


def ignore(*_: Any) -> None:
    """The listener is there for its `active_history`."""
