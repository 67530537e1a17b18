"""A site with one or more hot pages, in one process, and what it answers over WSGI."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers

from hotroute import cache
from hotroute.cache import MemoryStore, hot
from hotroute.cache.store.base import Store

TEXT = "All of it. " * 100


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers.get("Cache-Status", "")

    @property
    def hit(self) -> bool:
        return self.cache.startswith("Hotroute; hit")

    @property
    def stored(self) -> bool:
        return self.cache == "Hotroute; fwd=miss; stored"

    @property
    def detail(self) -> str:
        return self.cache.rpartition("detail=")[2] if "detail=" in self.cache else ""


@dataclass
class Site:
    """Call `page` for each hot view, then `start`."""

    app: Flask = field(default_factory=lambda: Flask("site", static_folder=None))
    store: Store = field(default_factory=MemoryStore)
    runs: list[dict[str, Any]] = field(default_factory=list)
    manual_tags: list[str] = field(default_factory=list)

    def page(self, view: Callable[..., Any] = lambda: TEXT, rule: str = "/page", **options: Any) -> "Site":
        def run(**arguments: Any) -> Any:
            self.runs.append(arguments)
            return view(**arguments)

        self.manual_tags += [tag.partition(":")[0] for tag in options.get("tags") or ()]
        self.app.add_url_rule(rule, rule, hot(**{"tags": (), **options})(run))
        return self

    def start(self, **application: Any) -> "Site":
        told = {"manual_tags": tuple(self.manual_tags), **application}
        cache.init_app(self.app, self.store, cache.CacheOptions((), (), **told))
        return self

    def get(self, path: str = "/page", headers: Mapping[str, str] | None = None, **options: Any) -> Answer:
        client = self.app.test_client(use_cookies=False)
        answer = client.open(path, headers=headers, **{"method": "GET", "buffered": True, **options})
        return Answer(answer.status_code, answer.headers, answer.data)

    def twice(self, path: str = "/page", headers: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """The second of two answers."""
        self.get(path, headers, **options)
        return self.get(path, headers, **options)
