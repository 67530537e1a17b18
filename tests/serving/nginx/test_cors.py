"""A page of another origin reads Nginx's own errors, if it may read the application's."""

from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from hotroute.settings import SettingError
from hotroute.settings.common import EdgeSettings
from tests.servers import Proxy, nginx_server

TOO_LARGE = {"Content-Length": str(1024 * 1024 + 1)}


@pytest.fixture(scope="module", params=["https://front.example,http://localhost:3000", "*"], ids=["two", "any"])
def proxy(request: pytest.FixtureRequest, program: Path, app_port: int) -> Iterator[tuple[Proxy, bool]]:
    """Nginx, and whether any origin may call."""
    chosen = {"NGINX_PROGRAM": str(program), "CORS_ORIGINS": request.param}
    if request.param != "*":
        chosen["CORS_CREDENTIALS"] = "true"
    with nginx_server(app_port, chosen) as running:
        yield running, request.param == "*"


def refused(proxy: Proxy, origin: str | None) -> HTTPResponse:
    response = proxy.request("POST", "/post", None, {**TOO_LARGE, **({"Origin": origin} if origin else {})})[0]
    assert response.status == 413
    return response


@pytest.mark.parametrize("origin", ["https://front.example", "http://localhost:3000"])
def test_a_page_that_may_call_reads_the_error(proxy: tuple[Proxy, bool], origin: str) -> None:
    running, anyone = proxy
    said = refused(running, origin).headers
    assert said["Access-Control-Allow-Origin"] == ("*" if anyone else origin)
    assert said["Access-Control-Allow-Credentials"] == (None if anyone else "true")
    assert said["Access-Control-Expose-Headers"] == "X-Request-Id, Retry-After"
    assert said["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://front.example.evil.example", "https://other.example", "null", None])
def test_another_page_does_not(proxy: tuple[Proxy, bool], origin: str | None) -> None:
    running, anyone = proxy
    said = refused(running, origin).headers
    assert said["Access-Control-Allow-Origin"] == ("*" if anyone else None)
    assert said["Access-Control-Allow-Credentials"] is None
    assert said["Vary"] == "Origin"


def test_what_the_application_answers_is_its_own_to_say(proxy: tuple[Proxy, bool]) -> None:
    response = proxy[0].request("GET", "/pid", None, {"Origin": "https://front.example"})[0]
    assert response.status == 200
    assert response.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("given", [".*", "https://*.example", "https://a.example/", 'https://a"; }'])
def test_what_is_no_origin_is_named(given: str) -> None:
    with pytest.raises(SettingError, match=r"^CORS_ORIGINS: "):
        EdgeSettings.read({"CORS_ORIGINS": given})
