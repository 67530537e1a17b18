"""The whole stack as `make run` starts it: its profiler counts, and opens to the password that is printed."""

import base64
import json
import re
from collections.abc import Iterator

import pytest

from tests.servers import ROOT, Proxy, stack, wait_until

GROUPED = "/profiler/classic/api/measurements/grouped"


@pytest.fixture(scope="module")
def running() -> Iterator[Proxy]:
    with stack(ROOT, {"PROFILER_ENABLED": "true", "SEED_ARTICLES": "40"}) as proxy:
        yield proxy


@pytest.fixture
def login(running: Proxy) -> dict[str, str]:
    found = re.search(r"/profiler/ \((\w+), (.+)\)", running.server.output())
    assert found
    return {"Authorization": f"Basic {base64.b64encode(':'.join(found.groups()).encode()).decode()}"}


def test_what_is_asked_through_the_proxy_is_counted(running: Proxy, login: dict[str, str]) -> None:
    for _ in range(30):
        assert running.get("/api/articles")[0].status == 200

    def counted() -> int:
        response, body = running.get(GROUPED, login)
        if response.status != 200:
            return 0
        return sum(each["count"] for each in json.loads(body)["measurements"] if each["name"] == "/api/articles")

    wait_until(lambda: counted() == 30, "all of them are counted")


@pytest.mark.parametrize("path", ["/profiler/", "/profiler/classic/", "/metrics"])
def test_the_printed_password_opens_it_and_nothing_else_does(running: Proxy, login: dict[str, str], path: str) -> None:
    assert running.get(path)[0].status == 401
    response, body = running.get(path, login)
    assert response.status == 200
    assert body
    assert "Content-Security-Policy" in response.headers
