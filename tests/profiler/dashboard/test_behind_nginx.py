"""The dashboard behind the project's Nginx, as in production."""

import re
from base64 import b64encode
from collections.abc import Iterator

import pytest

from hotroute.profiler.dashboard import auth
from hotroute.serving.nginx.static_build import build
from tests import servers
from tests.profiler.dashboard.served import PASSWORD, USERNAME
from tests.servers import Proxy

LOGIN = {"Authorization": f"Basic {b64encode(f'{USERNAME}:{PASSWORD}'.encode()).decode()}"}


@pytest.fixture(scope="module")
def site(small: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    static = tmp_path_factory.mktemp("static")
    build("hotroute.profiler.dashboard:static", static)
    environ = {"PROFILER_URL": small}
    with (
        servers.gunicorn_server("tests.profiler.dashboard.served:create()", environ) as app,
        servers.nginx_server(int(app.environ["APP_PORT"]), {"STATIC_DIR": str(static)}) as proxy,
    ):
        yield proxy


def test_its_pages_and_headers_come_through(site: Proxy) -> None:
    response, body = site.get("/profiler/?span=24h", LOGIN)
    assert response.status == 200
    assert b"/api/articles/feed" in body
    for name, value in {**auth.HEADERS, "Content-Security-Policy": auth.POLICY}.items():
        assert response.headers.get_all(name) == [value]


def test_without_the_password_its_own_words_come_through(site: Proxy) -> None:
    response, body = site.get("/profiler/")
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == auth.CHALLENGE
    assert auth.MISSING in body.decode()


def test_its_files_come_from_nginx_compressed_and_for_ever(site: Proxy) -> None:
    _, body = site.get("/profiler/", LOGIN)
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', body.decode())
    assert len(files) >= 6
    for file in files:
        response, _ = site.get(file, {"Accept-Encoding": "br"})
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Encoding"] == "br" or file.endswith(".svg")


def test_a_route_whose_rule_has_slashes_and_brackets_is_found(site: Proxy) -> None:
    _, body = site.get("/profiler/?span=24h", LOGIN)
    [link, *_] = re.findall(r'href="(/profiler/route\?[^"]*%3Cslug%3E%2Fcomments[^"]*)"', body.decode())
    response, page = site.get(link.replace("&amp;", "&"), LOGIN)
    assert response.status == 200
    assert "<h1>GET /api/articles/&lt;slug&gt;/comments</h1>" in page.decode()


def test_metrics_come_through_too(site: Proxy) -> None:
    response, body = site.get("/metrics", LOGIN)
    assert response.status == 200
    assert b"http_requests_total" in body
