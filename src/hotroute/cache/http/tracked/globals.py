"""What hooks that hits do without leave in Flask's `g`: an answer that depends on it must not be stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Note = Callable[[str], None]


@contextmanager
def tracking(values: Any, note: Note) -> Iterator[None]:
    """Have `note` told when what the block sets in `values`, the object behind `g`, is read after it."""
    before = dict(vars(values))
    yield
    left = {name for name, value in vars(values).items() if name not in before or before[name] is not value}
    if left:
        # Flask's own __setattr__ puts everything among the values.
        object.__setattr__(values, "__class__", tracked(type(values), frozenset(left), note))


def tracked(kind: type, left: frozenset[str], note: Note) -> type:
    """Return a class of `g` that says which of the names in `left` is read."""

    inherited: Any = kind.__getattribute__

    def read(self: Any, name: str) -> Any:
        if name in left:
            note(f"g.{name}")
        return inherited(self, name)

    def by_name(method: str) -> Callable[..., Any]:
        def called(self: Any, name: str, *default: Any) -> Any:
            if name in left:
                note(f"g.{name}")
            return getattr(kind, method)(self, name, *default)

        return called

    def iterate(self: Any) -> Iterator[str]:
        note(f"g.{min(left)}")
        return iter(vars(self))

    named = {method: by_name(method) for method in ("get", "pop", "setdefault", "__contains__")}
    return type(kind.__name__, (kind,), {"__getattribute__": read, "__iter__": iterate, **named})
