"""What other programs get: Prometheus, spreadsheets, scripts."""

import csv
import json
from collections.abc import Callable
from io import StringIO

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries import export
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler.batches import batch_of
from tests.profiler.storage import START, batch, keep, pulse, request, requests, sample

Workers = Callable[..., Storage]
Labels = tuple[tuple[str, str], ...]
SPAN = TimeRange(START - 60, START + 60)


def scraped(history: History) -> dict[tuple[str, Labels], float]:
    body, content_type = export.metrics(history)
    assert content_type.startswith("text/plain")
    families = text_string_to_metric_families(body.decode())
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def labels(**names: str) -> Labels:
    return tuple(sorted(names.items()))


def test_prometheus_sees_the_requests_and_durations_of_all_workers(worker: Workers, history: History) -> None:
    for name in ("web1:1:1", "web2:1:1"):
        worker(name).write(batch(*requests([0.02] * 5), request(0.3, status=500, cache="miss")), START)
    found = scraped(history)
    assert found["http_requests_total", labels(route="/a", method="GET", status="200", cache="")] == 10
    assert found["http_requests_total", labels(route="/a", method="GET", status="500", cache="miss")] == 2
    of = {"route": "/a", "method": "GET", "cache": ""}
    name = "http_request_duration_seconds"
    assert found[f"{name}_bucket", labels(**of, le="0.01")] == 0
    assert found[f"{name}_bucket", labels(**of, le="0.025")] == found[f"{name}_bucket", labels(**of, le="+Inf")] == 10
    assert found[f"{name}_count", labels(**of)] == 10
    assert found[f"{name}_sum", labels(**of)] == pytest.approx(0.2)


def test_prometheus_sees_workers_and_events(worker: Workers, history: History) -> None:
    pulses = [pulse(START + second, busy=2.0) for second in range(1, 51)]
    worker().write(batch_of([], [], pulses, {"invalidations": 3}, {"memory": 5.0}), START + 50)
    worker("web2:7:1").write(batch_of(pulses=[pulse(START + 1, dropped=9)]), START + 1)
    history.clock = lambda: START + 51
    found = scraped(history)
    of = labels(host="web1", pid="100")
    assert found["hotroute_workers", ()] == 1
    assert found["hotroute_worker_threads", of] == 4
    assert found["hotroute_worker_busy", of] == pytest.approx(0.5)
    assert found["hotroute_worker_in_flight", of] == 2
    assert ("hotroute_worker_queue", of) not in found
    assert found["hotroute_worker_memory_bytes", of] == 90_000_000
    assert found["hotroute_worker_late_seconds", of] == pytest.approx(0.0001, rel=0.02)
    assert found["hotroute_events_total", labels(event="invalidations")] == 3
    assert found["hotroute_profiler_dropped_total", ()] == 9
    assert found["hotroute_store", labels(name="memory")] == 5


def test_counters_of_workers_that_are_long_gone_stay(worker: Workers, history: History) -> None:
    worker().write(batch(*requests([0.02] * 5)), START)
    later = START + 1000 * 86400
    successor = worker("web1:2:2")
    successor.write(batch(request(0.02, at=later)), later)
    keep(successor, later)
    history.clock = lambda: later
    found = scraped(history)
    assert found["http_requests_total", labels(route="/a", method="GET", status="200", cache="")] == 6
    assert found["http_request_duration_seconds_count", labels(route="/a", method="GET", cache="")] == 6


def test_openmetrics_is_given_to_who_asks_for_it(worker: Workers, history: History) -> None:
    worker().write(batch(request()), START)
    body, content_type = export.metrics(history, "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


@pytest.fixture
def measured(worker: Workers) -> None:
    look = sample(statements=("one",), route="=HYPERLINK(1)", name="@id", kind="slow")
    asked = [request(0.1, route="=HYPERLINK(1)", cache="miss"), request(0.2, route='/b,"c"\n')]
    worker().write(batch_of(asked, [look]), START)


def table(history: History, name: str) -> list[dict[str, str]]:
    found = export.export(history, name, "csv", SPAN)
    assert (found.filename, found.content_type) == (f"{name}.csv", "text/csv; charset=utf-8")
    return list(csv.DictReader(StringIO(found.body.decode(), newline="")))


@pytest.mark.usefixtures("measured")
def test_routes_as_a_table_for_a_spreadsheet_that_computes_nothing(history: History) -> None:
    plain, formula = table(history, "routes")
    assert (plain["route"], plain["requests"], plain["seconds"]) == ('/b,"c"\n', "1", "0.2")
    assert (formula["route"], formula["cache miss"], formula["mean statements"]) == ("'=HYPERLINK(1)", "1", "1.0")


@pytest.mark.usefixtures("measured")
def test_statements_and_samples_as_tables(history: History) -> None:
    (statement,) = table(history, "statements")
    assert (statement["route"], statement["text"], statement["executions"]) == ("'=HYPERLINK(1)", "SELECT one", "1")
    (kept,) = table(history, "samples")
    assert (kept["id"], kept["kind"], kept["route"]) == ("'@id", "slow", "'=HYPERLINK(1)")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_no_text_is_a_formula(text: str) -> None:
    assert export.harmless(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    assert (export.harmless(-1.5), export.harmless(7), export.harmless("/a=b")) == (-1.5, 7, "/a=b")


@pytest.mark.usefixtures("measured")
def test_json_has_the_shapes_as_they_are(history: History) -> None:
    found = export.export(history, "routes", "json", SPAN)
    assert found.content_type == "application/json"
    routes = json.loads(found.body)
    assert [each["route"] for each in routes] == ['/b,"c"\n', "=HYPERLINK(1)"]
    assert routes[1]["split"]["statements"] == 1.0
    assert json.loads(export.export(history, "statements", "json", SPAN).body)[0]["statement"]["most"] == 1
    assert json.loads(export.export(history, "samples", "json", SPAN).body)[0]["id"] == "@id"


@pytest.mark.parametrize(("name", "form"), [("users", "csv"), ("routes", "exe")])
@pytest.mark.only("sqlite")
def test_other_tables_and_forms_are_refused(history: History, name: str, form: str) -> None:
    with pytest.raises(ValueError, match="routes, statements, samples as csv, json"):
        export.export(history, name, form, SPAN)
