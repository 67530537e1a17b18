"""Conduit's hits are answered in front of Flask: each hook of its is declared skippable, and said again for hits."""

import pytest

from hotroute.testing import HotCache
from tests.api import Api

PATHS = ("/articles", "/articles/dragons", "/articles/dragons/comments", "/profiles/jake", "/tags")


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("origin", ["https://front.example", "https://other.example", None])
def test_conduits_hits_do_not_enter_flask_and_say_cors_as_it_would(
    api: Api, hot_cache: HotCache, origin: str | None
) -> None:
    api.publish(api.register("jake"))
    sent = {} if origin is None else {"Origin": origin}
    for path in PATHS:
        plain = api.call("GET", path, headers={**sent, "Cache-Control": "no-store"})
        missed, hit = (api.call("GET", path, headers=sent) for _ in range(2))
        assert missed.headers["Cache-Status"] == "Hotroute; fwd=miss; stored"
        assert hit.headers["Cache-Status"].startswith("Hotroute; hit; ttl=")
        assert "INSIDE" not in hit.headers["Cache-Status"]
        assert "Origin" in hit.headers["Vary"]
        said = [
            {name: value for name, value in each.headers if name.startswith("Access-")} for each in (plain, missed, hit)
        ]
        assert said[0] == said[1] == said[2]
        assert said[0].get("Access-Control-Allow-Origin") in (None, "https://front.example")
