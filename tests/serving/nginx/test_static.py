"""Static files: built beforehand, served as they are, and nothing else from their folder."""

import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from hotroute.assets import FOR_EVER, REVALIDATED, Assets
from hotroute.serving.nginx.static_build import build
from hotroute.settings import SettingError
from tests.servers import PROGRAMS, ROOT, Proxy, nginx_server
from tests.serving.nginx.sockets import raw, request

SWAGGER = "swagger-ui/swagger-ui.css"
assets = Assets("hotroute.api")


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command builds, some hidden files in it, and a secret beside it."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "secret").write_text("secret")
    static = folder / "static"
    environ = {**os.environ, "STATIC_DIR": str(static)}
    subprocess.run([PROGRAMS / "hotroute", "static", "hotroute.api:static"], env=environ, check=True)
    (static / "identity" / "static" / ".hidden").write_text("secret")
    (static / "identity" / "static" / ".git").mkdir()
    (static / "identity" / "static" / ".git" / "config").write_text("secret")
    return static


@pytest.fixture(scope="module")
def site(program: Path, static: Path) -> Iterator[Proxy]:
    """Nginx with static files and no application at all."""
    with nginx_server(1, {"NGINX_PROGRAM": str(program), "STATIC_DIR": str(static)}) as proxy:
        yield proxy


def content(name: str) -> bytes:
    return (assets.root / name).read_bytes()


def test_a_fingerprinted_file_is_kept_for_a_year(site: Proxy) -> None:
    response, body = site.get(assets.url("docs.js"))
    assert response.status == 200
    assert body == content("docs.js")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_plain_name_is_revalidated(site: Proxy) -> None:
    response, body = site.get("/static/hotroute.api/docs.js")
    assert (response.status, body) == (200, content("docs.js"))
    assert response.headers["Cache-Control"] == "no-cache"
    for condition in ("ETag", "Last-Modified"):
        header = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[condition]
        again, body = site.get("/static/hotroute.api/docs.js", {header: response.headers[condition]})
        assert (again.status, body) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000,gzip;q=0", None),
        ("brotli, xgzip, gzipped", None),
        ("identity", None),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    "path", [assets.url(SWAGGER), f"/static/hotroute.api/{SWAGGER}"], ids=["fingerprinted", "plain"]
)
def test_the_variant_is_the_one_that_the_client_takes(
    site: Proxy, path: str, accepted: str, coding: str | None
) -> None:
    response, body = site.get(path, {"Accept-Encoding": accepted})
    assert response.headers["Content-Encoding"] == coding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert int(response.headers["Content-Length"]) == len(body)
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert decode(body) == content(SWAGGER)
    assert coding is None or len(body) < len(content(SWAGGER)) / 3


def test_each_variant_has_a_tag_of_its_own(site: Proxy) -> None:
    tags = [site.get(assets.url(SWAGGER), {"Accept-Encoding": it})[0].headers["ETag"] for it in ("br", "gzip", "")]
    assert len(set(tags)) == 3


def test_a_file_that_does_not_get_smaller_has_no_variant(site: Proxy, tmp_path: Path) -> None:
    """Such as an image: it is served as it is to a client that takes br."""
    identity = Path(site.server.environ["STATIC_DIR"]) / "identity" / "static" / "noise.png"
    identity.write_bytes(os.urandom(1000))
    response, body = site.get("/static/noise.png", {"Accept-Encoding": "br"})
    assert (response.status, len(body)) == (200, 1000)
    assert "Content-Encoding" not in response.headers
    assert response.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/hotroute.api",
        "/static/hotroute.api/",
        "/static/hotroute.api/swagger-ui/",
        "/static/nothing.js",
        "/static/.hidden",
        "/static/%2ehidden",
        "/static/.git/config",
        "/static/hotroute.api/../.git/config",
        "/static/../identity/static/.hidden",
        "/identity/static/hotroute.api/docs.js",
        "/br/static/hotroute.api/docs.js",
        "/static/../../secret",
        "/static/..%2f..%2fsecret",
        "/static/%2e%2e/%2e%2e/secret",
        "/static/%2e%2e%2f%2e%2e%2fsecret",
        "/static../secret",
        "/static..%2fsecret",
        "/static/..;/secret",
        "/static/..%5c..%5csecret",
        "/static/..%252f..%252fsecret",
        "/static/hotroute.api/docs.js%00.css",
        "/static/hotroute.api/docs.js/",
        "/static/....//....//secret",
        "//static/../../secret",
    ],
)
def test_nothing_else_is_served(site: Proxy, path: str) -> None:
    """502 is the application's, which is not there: it would be asked."""
    response, body = raw(site, request(b"GET %s HTTP/1.1" % path.encode()))
    assert response.status in {400, 403, 404, 502}
    assert response.headers["Content-Type"] == "application/json"
    assert b"secret" not in body
    assert b"Index of" not in body


def test_only_reading_is_allowed(site: Proxy) -> None:
    response, _ = site.request("POST", assets.url("docs.js"), b"x")
    assert response.status == 405


def test_a_type_that_is_not_known_is_only_bytes(site: Proxy) -> None:
    response, _ = site.get("/static/hotroute.api/swagger-ui/LICENSE")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("app.webmanifest", "application/manifest+json"),
        ("font.ttf", "font/ttf"),
        ("font.otf", "font/otf"),
        ("sitemap.xml", "application/xml"),
    ],
)
def test_types_are_those_that_are_registered(site: Proxy, name: str, kind: str) -> None:
    (Path(site.server.environ["STATIC_DIR"]) / "identity" / "static" / name).write_text("x")
    assert site.get(f"/static/{name}")[0].headers["Content-Type"] == kind


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If-Match": '"other"'}, 412),
        ({"If-Unmodified-Since": "Mon, 01 Jan 1990 00:00:00 GMT"}, 412),
        ({"Range": "bytes=9999999-"}, 416),
    ],
    ids=["If-Match", "If-Unmodified-Since", "Range"],
)
def test_a_condition_that_does_not_hold_is_an_error_in_json(
    site: Proxy, condition: dict[str, str], status: int
) -> None:
    response, body = site.get(assets.url("docs.js"), condition)
    assert response.status == status
    assert json.loads(body)["errors"]["body"] not in ([], ["the request cannot be answered"])
    assert len(response.headers["X-Request-Id"]) == 32
    # A range is judged when the header is made already. Where both are, this one holds (RFC 9111, section 5.2.2.5).
    assert "no-store" in (response.headers.get_all("Cache-Control") or [])


def test_the_docs_page_names_files_that_nginx_serves(site: Proxy) -> None:
    template = (ROOT / "src" / "hotroute" / "api" / "templates" / "docs.html").read_text()
    names = re.findall(r"asset\('([^']+)'\)", template)
    assert len(names) == 3
    for name in names:
        response, _ = site.get(assets.url(name))
        assert response.status == 200


def test_building_again_changes_nothing_and_a_new_content_gets_a_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "pages" / "static"
    source.mkdir(parents=True)
    (source.parent / "__init__.py").touch()
    (source / "page.js").write_text("let answer = 1;" * 100)
    monkeypatch.syspath_prepend(tmp_path)
    into = tmp_path / "built"
    assert build("pages:static", into) == 1
    before = stamps(into)
    assert len(before) == 6
    build("pages:static", into)
    assert stamps(into) == before
    old = Assets("pages").url("page.js")
    (source / "page.js").write_text("2")
    build("pages:static", into)
    new = Assets("pages").url("page.js")
    assert new != old
    for url in (old, new):
        assert (into / "identity" / url.removeprefix("/")).exists()
    assert not (into / "br" / "static" / "pages" / "page.js").exists()


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize("source", ["hotroute.api", "nothing:static", "hotroute.api:nothing", "hotroute.api:../x y"])
def test_a_source_that_is_not_there_is_named(source: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=re.escape(source)):
        build(source, tmp_path)


def test_without_nginx_the_application_serves_the_same_names() -> None:
    from flask import Flask  # noqa: PLC0415

    app = Flask("alone", static_folder=None)
    app.register_blueprint(assets.blueprint())
    client = app.test_client()
    for url, kept in ((assets.url("docs.js"), FOR_EVER), ("/static/hotroute.api/docs.js", REVALIDATED)):
        with client.get(url) as response:
            assert response.data == content("docs.js")
            assert response.headers["Cache-Control"] == kept
    assert client.get("/static/hotroute.api/../__init__.py").status_code == 404
