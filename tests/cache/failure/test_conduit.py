"""Conduit while its Redis is away: every hot route answers what it must, and every write succeeds."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conduit.extensions import cache
from hotroute.testing import isolation
from tests import databases
from tests.api import Api, Person, running
from tests.cache.failure.outages import Outage
from tests.cache.failure.proxy import Proxy, proxy_to
from tests.cache.failure.servers import RedisServer
from tests.cache.failure.test_outages import CASES, told
from tests.conftest import make_settings
from tests.servers import wait_until

READS = [
    "/articles",
    "/articles?tag=dragons",
    "/articles?author=jake",
    "/articles?favorited=anna",
    "/articles/feed",
    "/articles/title",
    "/articles/title/comments",
    "/profiles/jake",
    "/tags",
]


@dataclass
class Site:
    """Two of Conduit's processes on one database: `far` reaches Redis over a proxy."""

    far: Api
    near: Api
    jake: Person
    anna: Person

    @property
    def link(self) -> Any:
        return self.far.client.application.extensions["cache"][cache].link

    def read(self, api: Api) -> dict[tuple[str, str], Any]:
        """Every hot route, for nobody and for Anna; none answers 5xx."""
        answers = {(path, who): api.get(path, by=by) for path in READS for who, by in (("", None), ("anna", self.anna))}
        assert all(
            answer.status_code == (401 if key == ("/articles/feed", "") else 200) for key, answer in answers.items()
        )
        return {key: answer.json for key, answer in answers.items()}


@pytest.fixture
def proxy(server: RedisServer) -> Iterator[Proxy]:
    with proxy_to(server.port) as between:
        yield between


@pytest.fixture
def site(server: RedisServer, proxy: Proxy, tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'conduit.db'}"
    with databases.connected(url) as engine:
        databases.migrate(engine)
    settings = make_settings(url, server.url, tmp_path, redis_timeout=2, cache_mark_ttl=2)
    with ExitStack() as stack:
        near = stack.enter_context(running(settings))
        far = stack.enter_context(running(settings, redis_url=proxy.url, redis_timeout=0.3))
        isolation.let_it_be_old(near.client.application.extensions["hotroute.store"])
        jake, anna = near.register("jake"), near.register("anna")
        near.publish(jake, "Title", tags=["dragons"])
        near.post("/articles/title/favorite", by=anna)
        near.post("/articles/title/comments", {"comment": {"body": "Good"}}, jake)
        near.post("/profiles/jake/follow", by=anna)
        yield Site(far, near, jake, anna)
        for api in (near, far):
            api.client.application.extensions["cache"][cache].link.pool.disconnect()


def settled(api: Api) -> bool:
    return "; hit" in api.get("/articles").headers["Cache-Status"]


@pytest.mark.parametrize("outage", CASES)
@pytest.mark.matrix("outage")
def test_every_hot_route_is_right_and_no_write_fails(
    site: Site, proxy: Proxy, server: RedisServer, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    wait_until(lambda: settled(site.far), "the server is trusted")
    before = site.read(site.far)
    site.link.breaker.period = 60
    outage.begin(proxy, server)
    assert site.read(site.far) == before
    if not outage.everywhere:
        assert site.near.put("/articles/title", {"article": {"body": "New"}}, site.jake).status_code == 200
        assert site.far.read("/articles/title")["article"]["body"] == "New"
    written = site.far.post("/articles/title/comments", {"comment": {"body": "Cut off"}}, site.jake)
    assert written.status_code == 200, written.text
    comments = [comment["body"] for comment in site.far.read("/articles/title/comments")["comments"]]
    assert "Cut off" in comments
    assert len(told(caplog, "not usable")) == 1

    outage.end(proxy, server)
    # The fence asks beside the requests: it may have begun before the end, and fail after it.
    site.link.breaker.period, site.link.breaker.until = 0.3, 0.0
    wait_until(lambda: settled(site.far), "the cache is used again")
    assert site.read(site.far) == site.read(site.near)
    answer = site.far.post("/articles/title/comments", {"comment": {"body": "Back"}}, site.jake)
    assert answer.status_code == 200
    assert site.near.read("/articles/title/comments") == site.far.read("/articles/title/comments")


def test_the_document_is_cached_as_flask_caching_shows_it_and_served_without_redis(site: Site, proxy: Proxy) -> None:
    first = site.far.client.get("/openapi.json")
    backend = site.far.client.application.extensions["cache"][cache]
    with site.far.client.application.app_context():
        assert cache.get("view//openapi.json").json == first.json
    proxy.refuse()
    assert site.far.client.get("/openapi.json").json == first.json
    assert backend.link.breaker.until
