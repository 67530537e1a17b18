"""Cookies that remember by name which of them an application reads."""

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.http import parse_cookie

COOKIE = "cookie."
"""How a cookie's name begins among the names in a WSGI environment that were read."""
EVERY_COOKIE = f"{COOKIE}*"


class TrackedCookies(ImmutableMultiDict[str, str]):
    """
    Attributes:
        note: is told of each name that is read.
    """

    note: Callable[[str], None] = staticmethod(lambda _name: None)

    @classmethod
    def parse(cls, header: str | None, note: Callable[[str], None]) -> "TrackedCookies":
        made = cls(parse_cookie(header))
        made.note = note
        return made

    def __getitem__(self, name: str) -> str:
        self.note(f"{COOKIE}{name}")
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.note(f"{COOKIE}{name}")
        return super().__contains__(name)

    def getlist(self, key: str, type: Any = None) -> list[Any]:  # noqa: A002
        self.note(f"{COOKIE}{key}")
        return super().getlist(key, type) if type else super().getlist(key)


def noting_all(method: str) -> Callable[..., Any]:
    inherited = getattr(ImmutableMultiDict, method)

    def read(self: TrackedCookies, *arguments: Any, **options: Any) -> Any:
        self.note(EVERY_COOKIE)
        return inherited(self, *arguments, **options)

    return read


for name in ("__iter__", "__len__", "__eq__", "__repr__", "keys", "values", "items", "lists", "listvalues", "to_dict",
             "copy", "__copy__", "__deepcopy__", "__or__", "__ror__", "__reduce_ex__"):  # fmt: skip
    setattr(TrackedCookies, name, noting_all(name))
