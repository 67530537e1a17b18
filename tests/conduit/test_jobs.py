"""Conduit's long work: exports of articles, and previews of what they link to. The tests run the jobs themselves."""

import io
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from hotroute.jobs.extension import get_state
from hotroute.outbound_http import Address, FetchLimits
from tests.api import Api, Person

PAGE = b"""<html><head><title>Plain</title><meta property="og:title" content="A  page\0 &amp; more">
<meta name="description" content="About it"><meta property="og:image" content="/image.png"></head></html>"""


def run_job(app: Flask, location: str) -> None:
    with app.app_context():
        get_state().runner.run(location.rpartition("/")[2])


def ask(api: Api, path: str, by: Person) -> str:
    answer = api.post(path, by=by)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


def test_an_export_has_a_page_for_each_article_and_no_script(app: Flask, api: Api) -> None:
    jake = api.register("jake")
    api.publish(jake, "Dragons", body="**bold** <script>alert(1)</script> [x](javascript:alert(1))", tags=["b", "a"])
    api.publish(jake, "<Wyverns>", body="# Heading")
    location = ask(api, "/user/exports", jake)
    run_job(app, location)
    status = api.get(location.removeprefix("/api"), jake)
    assert status.status_code == 303
    archive = api.get(status.headers["Location"].removeprefix("/api"), jake)
    assert archive.headers["Content-Type"] == "application/zip"
    pages = read_archive(archive.data)
    assert set(pages) == {"index.html", "articles/dragons.html", "articles/wyverns.html"}
    assert "<strong>bold</strong>" in pages["articles/dragons.html"]
    assert "<h1>Heading</h1>" in pages["articles/wyverns.html"]
    assert "&lt;Wyverns&gt;" in pages["index.html"]
    assert not [name for name, page in pages.items() if "<script" in page or 'href="javascript' in page]


def read_archive(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_an_export_is_its_owners_alone(app: Flask, api: Api) -> None:
    jake, anah = api.register("jake"), api.register("anah")
    location = ask(api, "/user/exports", jake)
    run_job(app, location)
    download = api.get(location.removeprefix("/api"), jake).headers["Location"].removeprefix("/api")
    for path in (location.removeprefix("/api"), download):
        assert api.get(path, anah).status_code == 404
        assert api.get(path).status_code == 401
    assert api.get("/user/exports/..%2F..%2Fconduit.db", jake).status_code == 404


def test_an_export_that_is_asked_for_again_with_one_key_is_one_job(api: Api) -> None:
    jake = api.register("jake")
    answers = [api.call("POST", "/user/exports", by=jake, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert api.call("POST", "/user/exports", by=jake, headers={"Idempotency-Key": ""}).status_code == 400


class Site(BaseHTTPRequestHandler):
    """One page for every path."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=no-such")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002
        return


@pytest.fixture
def site(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A page on 127.0.0.2, which stands for the public internet."""
    with ThreadingHTTPServer(("127.0.0.2", 0), Site) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        fetching: dict[str, Any] = {
            "limits": FetchLimits(ports=frozenset({server.server_port})),
            "is_allowed": is_test_address,
        }
        monkeypatch.setitem(app.extensions, "fetching", fetching)
        yield f"http://127.0.0.2:{server.server_port}"
        server.shutdown()
        thread.join()


def is_test_address(address: Address) -> bool:
    return address == ip_address("127.0.0.2")


def test_links_get_previews_and_the_hot_route_shows_them_at_once(app: Flask, api: Api, site: str) -> None:
    jake = api.register("jake")
    body = f"[one]({site}/one) [again]({site}/one) <{site}/two> [local](http://127.0.0.1:1/) [bad](ftp://x/)"
    api.publish(jake, "Dragons", body=body)
    assert api.read("/articles/dragons/previews") == {"previews": []}
    location = ask(api, "/articles/dragons/previews", jake)
    run_job(app, location)
    found = api.read("/articles/dragons/previews")["previews"]
    assert [preview["url"] for preview in found] == [f"{site}/one", f"{site}/two"]
    assert found[0] | {"url": ""} == {
        "url": "",
        "title": "A page & more",
        "description": "About it",
        "image": f"{site}/image.png",
    }


def test_previews_that_are_made_twice_are_there_once(app: Flask, api: Api, site: str) -> None:
    jake = api.register("jake")
    api.publish(jake, "Dragons", body=f"[one]({site}/one)")
    for _ in range(2):
        run_job(app, ask(api, "/articles/dragons/previews", jake))
    assert len(api.read("/articles/dragons/previews")["previews"]) == 1


def test_previews_are_for_the_author_to_ask_for(api: Api) -> None:
    jake, anah = api.register("jake"), api.register("anah")
    api.publish(jake, "Dragons")
    assert api.post("/articles/dragons/previews", by=anah).status_code == 403
    assert api.post("/articles/no-such/previews", by=jake).status_code == 404
    assert api.get("/articles/no-such/previews").status_code == 404
    assert api.post("/articles/dragons/previews").status_code == 401


def test_an_article_that_is_deleted_meanwhile_has_no_previews(app: Flask, api: Api, site: str) -> None:
    jake = api.register("jake")
    api.publish(jake, "Dragons", body=f"[one]({site}/one)")
    location = ask(api, "/articles/dragons/previews", jake)
    api.delete("/articles/dragons", jake)
    run_job(app, location)
    assert api.get(location.removeprefix("/api"), jake).status_code == 303
