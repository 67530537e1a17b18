"""A small language for what a client may ask of an application: calls with strategies in the place of values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.wrappers import Response

from hotroute.extras import extra

with extra("testing"):
    from hypothesis import strategies as st

SAFE = ("GET", "HEAD", "OPTIONS")
Names = Mapping[str, Any]
"""What `{...}` in a path or a header stands for: such as tokens, which only exist once somebody has registered."""


@dataclass(frozen=True)
class Step:
    """One call, with its values."""

    method: str
    path: str
    json: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [f"{name}: {value}" for name, value in self.headers.items() if value is not None]
        shown = [f"{self.method} {self.path}", *([repr(self.json)] if self.json is not None else []), *said]
        return "  ".join(shown)

    @property
    def safe(self) -> bool:
        return self.method in SAFE

    def send(self, app: Flask, names: Names) -> Response:
        headers = {name: value.format_map(names) for name, value in self.headers.items() if value is not None}
        client = app.test_client(use_cookies=False)
        return client.open(
            self.path.format_map(names), method=self.method, json=self.json, headers=headers, buffered=True
        )


class Call:
    """A kind of call.

    Args:
        method: "GET" and the like.
        path: with `{name}` for each of `parts`, and with its query; values are quoted.
        json: the body; may have strategies anywhere within.
        headers: likewise; a value of None leaves the field out. What `reset` gives is filled in: "Token {anna}".
        parts: a strategy, or a value, for each name in the path. Few different values find more: calls must meet.
    """

    def __init__(
        self, method: str, path: str, json: Any = None, headers: Mapping[str, Any] | None = None, **parts: Any
    ) -> None:
        self.method, self.path, self.json, self.headers, self.parts = method, path, json, headers or {}, parts

    def steps(self) -> st.SearchStrategy[Step]:
        values = st.tuples(lifted(self.parts), lifted(self.json), lifted(self.headers))
        return values.map(lambda given: Step(self.method, self.fill(given[0]), given[1], given[2]))

    def fill(self, values: Mapping[str, Any]) -> str:
        path = self.path
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return path


def lifted(value: Any) -> st.SearchStrategy[Any]:
    """A strategy for a value that may have strategies within."""
    if isinstance(value, st.SearchStrategy):
        return value
    if isinstance(value, Mapping):
        return st.fixed_dictionaries({name: lifted(each) for name, each in value.items()})
    if isinstance(value, list):
        return st.tuples(*map(lifted, value)).map(list)
    return st.just(value)
