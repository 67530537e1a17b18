"""Every page, as the server sends it."""

import csv
import datetime as dt
import json
import re
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hotroute.profiler import dashboard
from hotroute.profiler.dashboard import auth, units
from hotroute.profiler.dashboard.charts import sparkline
from hotroute.profiler.dashboard.route_table import COLUMNS
from hotroute.profiler.model import histogram
from hotroute.profiler.model.records import Request, Sample
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.options import Options
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler.batches import batch_of
from tests.profiler.dashboard.conftest import HOSTILE, HOSTILE_ID, filled
from tests.profiler.dashboard.markup import complaints
from tests.profiler.dashboard.served import AUTH, create

MORNING = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)
ONE_ROUTE = "/profiler/route?route=/api/articles/feed&method=GET"
PAGES = (
    "/profiler/",
    ONE_ROUTE,
    "/profiler/route?route=/not/there&method=GET",
    "/profiler/requests",
    "/profiler/requests?kind=slow",
    "/profiler/cache",
    "/profiler/workers",
    "/profiler/compare",
    "/profiler/compare?before=2026.1&after=2026.2",
    "/profiler/advice",
)


def get(client: FlaskClient, path: str, status: int = 200) -> str:
    response: TestResponse = client.get(path, auth=AUTH)
    assert response.status_code == status, response.text
    return response.text


def words(html: str) -> str:
    """What a person reads of it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).replace("\u202f", " ")


def ids(client: FlaskClient, kind: str) -> list[str]:
    return re.findall(r"/profiler/requests/([0-9a-f]{32})", get(client, f"/profiler/requests?span=24h&kind={kind}"))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("span", ["15m", "24h", "30d"])
def test_every_page_is_as_a_page_should_be(client: FlaskClient, path: str, span: str) -> None:
    assert complaints(get(client, f"{path}{'&' if '?' in path else '?'}span={span}")) == []


@pytest.mark.parametrize("path", PAGES)
def test_so_is_every_page_of_which_there_is_nothing_yet(empty: str, path: str) -> None:
    assert complaints(get(create(empty).test_client(), path)) == []


def test_nothing_of_the_dashboard_is_seen_without_the_password(small: str) -> None:
    app = create(small)
    paths = addresses(app)
    assert len(paths) >= 12
    for path in paths:
        response = app.test_client().get(path)
        assert response.status_code == 401, path
        assert "/api/articles" not in response.text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed_through_it(small: str, method: str) -> None:
    app = create(small)
    for path in addresses(app):
        assert getattr(app.test_client(), method)(path, auth=AUTH).status_code == 405, path


def addresses(app: Flask) -> list[str]:
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("profiler")]
    return [re.sub("<.*?>", "x", rule) for rule in rules]


def test_its_files_are_the_only_thing_that_is_public(client: FlaskClient) -> None:
    page = client.get("/profiler/", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert complaints(page.text) == []
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(files) >= 6
    for file in files:
        with client.get(file) as response:
            assert response.status_code == 200


def test_an_application_without_a_password_does_not_start(small: str) -> None:
    with pytest.raises(auth.NoPassword, match="PROFILER_PASSWORD"):
        dashboard.init_app(Flask(__name__), Options(url=small), History(small))


def test_the_overview_ranks_routes_by_their_time(client: FlaskClient) -> None:
    page = get(client, "/profiler/?span=24h")
    assert listed(page)[:3] == ["/api/weather", "/api/reports/&lt;int:year&gt;", "/api/articles/feed"]
    assert "12 routes" in words(page)


def test_the_first_page_reads_each_row_once_and_none_when_it_is_sorted_or_filtered_a_moment_later(
    small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long that takes depends on the machine, how many histograms there are to read does not."""
    parsed, read = histogram.parsed, list[bytes]()

    def reading(dump: bytes) -> object:
        read.append(dump)
        return parsed(dump)

    monkeypatch.setattr(histogram, "parsed", reading)
    client = create(small).test_client()
    History(small).routes(TimeRange(time.time() - 86400, time.time()))
    rows = len(read)
    read.clear()
    get(client, "/profiler/?span=24h")
    workers = len(read) - rows
    assert 0 <= workers < rows / 5, "those of the workers' lateness come on top"
    read.clear()
    get(client, "/profiler/?span=24h&sort=p95&q=articles")
    assert len(read) == workers


@pytest.mark.parametrize("column", [column.name for column in COLUMNS])
def test_it_can_be_sorted_by_every_column_and_says_so(client: FlaskClient, column: str) -> None:
    up, down = (get(client, f"/profiler/?span=24h&sort={column}&order={order}") for order in ("up", "down"))
    assert sorted(listed(up)) == sorted(listed(down))
    assert listed(up) != listed(down)
    assert re.search(rf'aria-sort="ascending" class="c-{column}', up)
    assert re.search(rf'aria-sort="descending" class="c-{column}', down)
    assert up.count('aria-sort="none"') == len(COLUMNS) - 1


def listed(page: str) -> list[str]:
    return re.findall(r'<code class="rule">(.*?)</code>', page[max(0, page.find("<tbody>")) :])


def test_it_can_be_filtered_by_words_of_method_and_rule(client: FlaskClient) -> None:
    page = get(client, "/profiler/?span=24h&q=POST+articles")
    assert sorted(listed(page)) == ["/api/articles", "/api/articles/&lt;slug&gt;/favorite"]
    assert "2 of 12 routes" in words(page)
    nothing = get(client, "/profiler/?span=24h&q=nowhere")
    assert "No route has “nowhere”" in words(nothing)


def test_the_first_page_asks_for_advice_when_it_is_there(client: FlaskClient, empty: str) -> None:
    assert 'hx-get="/profiler/advice/in-short?span=24h" hx-trigger="load"' in get(client, "/profiler/?span=24h")
    short = get(client, "/profiler/advice/in-short?span=24h")
    assert "GET /api/articles/feed: these 21 statements are one query" in words(short)
    assert "<main" not in short
    assert "Little was measured so far" in words(get(create(empty).test_client(), "/profiler/advice/in-short"))


def test_advice_comes_with_what_to_do_and_its_numbers(client: FlaskClient) -> None:
    page = words(get(client, "/profiler/advice?span=24h"))
    assert re.search(r"now GET /api/articles/feed: these 21 statements are one query .* What to do:", page)
    assert re.search(r"executions per request 21\b", page)


def test_a_link_to_another_page_keeps_span_and_release(client: FlaskClient) -> None:
    page = get(client, "/profiler/?span=7d&release=2026.1")
    assert 'href="/profiler/workers?span=7d&amp;release=2026.1"' in page


@time_machine.travel(MORNING, tick=False)
def test_a_release_can_be_chosen(tmp_path: Path) -> None:
    """At a fixed time: at noon and near midnight, two of the rounded figures are equal."""
    client = create(filled(tmp_path, routes=12, days=2.0, workers=4)).test_client()
    everything = get(client, "/profiler/?span=7d")
    assert '<option value="">All releases</option>' in everything
    one, other = (get(client, f"/profiler/?span=7d&release={release}") for release in ("2026.1", "2026.2"))
    assert "<option selected>2026.1</option>" in one
    assert len({words(page).partition("in all")[0] for page in (everything, one, other)}) == 3
    nobody = get(client, "/profiler/?span=7d&release=none")
    assert "No request of release none was seen then" in words(nobody)


def test_a_custom_span_is_shown_as_it_was_asked_for(client: FlaskClient) -> None:
    page = get(client, "/profiler/?from=2026-01-05T07:30&to=2026-01-05T08:00")
    assert "5 Jan 07:30:00 to 5 Jan 08:00:00" in words(page)
    assert 'value="2026-01-05T07:30"' in page


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-01-02T00:00&to=2026-01-01T00:00",
        "from=9999999-01-01",
        "to=x%00",
        "from=0001-01-01&to=x",
    ],
)
def test_a_span_that_is_none_is_said_so(client: FlaskClient, query: str) -> None:
    page = get(client, f"/profiler/?{query}")
    assert re.search(r'role="alert">.*Shown is the last hour', page)
    assert complaints(page) == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        "span=x&sort=x&order=x&kind=x&q=%00%ff&frame=-1&all=x",
        "release=%00&method=%00&route=%00",
        "from=0001-01-01T00:00&to=9999-12-31T00:00",
        f"before=x&after=y&against=z&q={'x' * 5000}",
        "before_from=x&before_to=y",
        "span=1h&span=6h&id=x&_external=1&_anchor=x&_scheme=javascript&endpoint=x",
    ],
)
def test_no_query_breaks_a_page(client: FlaskClient, path: str, query: str) -> None:
    page = get(client, f"{path}{'&' if '?' in path else '?'}{query}")
    assert complaints(page) == []


def test_a_route_tells_its_time_its_statements_and_its_slowest(client: FlaskClient) -> None:
    page = words(get(client, f"{ONE_ROUTE}&span=24h"))
    assert "21 times in one request: N+1?" in page
    assert "SELECT tags.name FROM tags WHERE tags.articles_id = ? shop/repositories/articles.py:77 tags_of" in page
    assert re.search(r"SQL [\d.]+ ms 50\.0 %", page)
    assert re.search(r"CPU [\d.]+ ms 30\.0 %", page)
    assert "Slowest requests that were kept" in page


def test_a_charts_numbers_are_in_a_table(client: FlaskClient) -> None:
    page = get(client, f"{ONE_ROUTE}&span=24h")
    for source, columns in re.findall(r'data-source="(\w+)" data-columns="([\w,-]+)"', page):
        table = re.search(rf'<table id="{source}".*?</table>', page, re.DOTALL)
        assert table
        assert set(columns.split(",")) <= set(re.findall(r'data-name="([\w-]+)"', table[0]))
        assert len(re.findall(r"<tr>", table[0])) > 20


def test_a_kept_request_shows_its_waterfall_and_its_stack(client: FlaskClient) -> None:
    page = get(client, f"/profiler/requests/{ids(client, 'slow')[0]}")
    assert complaints(page) == []
    assert "it was slow" in words(page)
    assert 'class="lane"' in page
    assert 'class="flame"' in page


def test_a_kept_hit_has_no_cpu_time_and_says_why(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'profiler.db'}"
    storage = Storage(url, release="r", worker="web", host="web", pid=1)
    storage.prepare()
    asked = Request(time.time() - 1, "/hot", "GET", 200, "redis hit", 0.5)
    storage.write(batch_of([asked], [Sample("1" * 32, "slow", asked, 0.0, 0.0, 0.0, 0.4, 0.0, 10, chosen=False)]))
    storage.close()
    page = words(get(create(url).test_client(), f"/profiler/requests/{'1' * 32}"))
    assert "CPU time was not taken, for the request did not come to a view" in page
    assert "CPU time of the thread" not in page


def test_a_frame_can_be_zoomed_into_by_a_link(client: FlaskClient) -> None:
    address = f"/profiler/requests/{ids(client, 'slow')[0]}"
    frames = re.findall(r'id="(frame-\d+)" href="([^"]+)"', get(client, address))
    assert len(frames) > 4
    zoomed = get(client, frames[-1][1].replace("&amp;", "&"))
    assert "show all" in words(zoomed)
    assert complaints(zoomed) == []


def test_a_stack_can_be_taken_away(client: FlaskClient) -> None:
    name = ids(client, "slow")[0]
    folded = client.get(f"/profiler/requests/{name}/stack.txt", auth=AUTH)
    assert all(re.fullmatch(r".+;.+ \d+", line) for line in folded.text.splitlines())
    assert folded.headers["Content-Disposition"] == f'attachment; filename="{name}.txt"'
    scope = client.get(f"/profiler/requests/{name}/stack.speedscope.json", auth=AUTH)
    assert json.loads(scope.text)["profiles"][0]["type"] == "sampled"


@pytest.mark.parametrize("rest", ["", "/stack.txt", "/stack.speedscope.json"])
def test_a_request_that_is_not_kept_is_said_so(client: FlaskClient, rest: str) -> None:
    page = get(client, f"/profiler/requests/nobody{rest}", 404)
    assert "This request is not kept, or no longer" in words(page)
    assert complaints(page) == []


@pytest.mark.parametrize("table", ["routes", "statements", "samples"])
def test_what_is_shown_can_be_exported(client: FlaskClient, table: str) -> None:
    page = get(client, "/profiler/?span=24h&release=2026.2")
    links = re.findall(rf'href="(/profiler/export/{table}\.(?:csv|json)[^"]*)" download', page)
    assert [link.partition("?")[2] for link in links] == ["span=24h&amp;release=2026.2"] * 2
    separated, json_ = (client.get(link.replace("&amp;", "&"), auth=AUTH) for link in links)
    rows = list(csv.DictReader(separated.text.splitlines()))
    assert len(rows) == len(json.loads(json_.text)) > 5
    assert separated.headers["Content-Disposition"] == f'attachment; filename="{table}.csv"'


def test_there_is_no_other_export(client: FlaskClient) -> None:
    assert "There is no such export" in get(client, "/profiler/export/workers.xml", 404)


def test_prometheus_gets_its_metrics_with_the_password_only(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 401
    response = client.get("/metrics", auth=AUTH)
    assert response.mimetype == "text/plain"
    assert 'route="/api/articles/feed"' in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_metrics_of_a_storage_that_cannot_be_read_are_not_there(tmp_path: Path) -> None:
    response = create(f"sqlite:///{tmp_path}/none.db").test_client().get("/metrics", auth=AUTH)
    assert (response.status_code, response.mimetype) == (503, "text/plain")


def test_two_releases_are_compared(client: FlaskClient) -> None:
    page = get(client, "/profiler/compare?before=2026.1&after=2026.2")
    rows = {" ".join(listed(row)): words(row) for row in page.partition("<tbody>")[2].split("<tr>")[1:]}
    assert "slower" in rows["/api/articles/&lt;slug&gt;/favorite"]
    assert "no difference" in rows["/api/tags"]


def test_a_release_that_was_never_seen_cannot_be_compared(client: FlaskClient) -> None:
    page = words(get(client, "/profiler/compare?before=2026.1&after=2027.1"))
    assert "No request of the release 2027.1 is in the storage." in page


@pytest.mark.parametrize("path", PAGES)
def test_hostile_names_are_only_names(hostile: str, path: str) -> None:
    page = get(create(hostile).test_client(), path)
    assert "<script>ran" not in page
    assert "<img" not in page
    assert "49" not in re.findall(r"{{.*?}}|'(49)", page)
    assert complaints(page) == []


def test_hostile_names_are_only_names_on_pages_of_their_own(hostile: str) -> None:
    client = create(hostile).test_client()
    overview = get(client, "/profiler/")
    assert "&lt;script&gt;ran = 1&lt;/script&gt;" in overview
    links = re.findall(r'href="(/profiler/route\?[^"]+)"', overview)
    assert links
    pages = [get(client, link.replace("&amp;", "&")) for link in links]
    pages += [get(client, f"/profiler/requests/{quote(HOSTILE_ID)}{rest}") for rest in ("", "?frame=2")]
    for page in pages:
        assert "<script>ran" not in page
        assert "<img" not in page
        assert complaints(page) == []
    assert HOSTILE.split(";", maxsplit=1)[0] not in "".join(pages)
    folded = client.get(f"/profiler/requests/{quote(HOSTILE_ID)}/stack.txt", auth=AUTH)
    assert folded.mimetype == "text/plain"
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', folded.headers["Content-Disposition"])


@pytest.mark.parametrize("path", PAGES)
def test_a_storage_that_cannot_be_read_is_said_in_words(tmp_path: Path, path: str) -> None:
    file = tmp_path / "profiler.db"
    file.write_bytes(b"this is no database" * 100)
    response = create(f"sqlite:///{file}").test_client().get(path, auth=AUTH)
    assert response.status_code == 503
    assert "The history cannot be read" in response.text
    assert "Traceback" not in response.text
    assert str(tmp_path) not in response.text
    assert response.headers["Retry-After"] == "5"
    assert complaints(response.text) == []


def test_a_path_that_is_none_is_not_found_and_tells_nothing(client: FlaskClient) -> None:
    assert client.get("/profiler/nothing").status_code == 404


def test_the_last_step_is_drawn_and_marked_while_it_is_not_over(client: FlaskClient) -> None:
    live, past = get(client, "/profiler/?span=1h"), get(client, "/profiler/?from=2026-01-01T00:00&to=2026-01-01T01:00")
    steps = round(float(re.findall(r'class="spark" viewBox="0 0 (\d+)', live)[0]) / sparkline.STEP)
    assert f'<rect class="unfinished" x="{(steps - 1) * sparkline.STEP}"' in live
    assert "the marked last step is not over" in live
    assert "unfinished" not in past


@pytest.mark.parametrize("page", ["route?route=/api/articles&method=GET&", "cache?", "workers?"])
def test_the_last_step_of_a_chart_is_said_to_be_counted_so_far(client: FlaskClient, page: str) -> None:
    live = get(client, f"/profiler/{page}span=1h")
    now = time.time()
    span = urlencode({"from": units.iso(now - 3600), "to": units.iso(now)})
    past = get(client, f"/profiler/{page}{span}")
    assert len(re.findall(r"<small>so far</small></th>", live)) == len(re.findall(" data-live", live)) == 1
    assert "so far</small></th>" not in past
    assert "data-live" not in past
