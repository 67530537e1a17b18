"""A close look at a request: what it asked of databases, caches and other services, for how long, and from where."""

import http.client
import http.server
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, insert, select, text
from sqlalchemy.orm import Session

from hotroute import instrumentation, redis_client
from hotroute.cache import CacheOptions, MemoryStore, RedisClient, RedisStore, hot
from hotroute.cache import init_app as put_in_front
from hotroute.profiler.dashboard.charts import waterfall
from hotroute.profiler.model.records import MOST_EVENTS, Event
from hotroute.profiler.options import EXTENSION
from hotroute.profiler.request import trace
from tests.profiler.batches import single
from tests.profiler.worker.conftest import Make, Profiled, small

metadata = MetaData()
people = Table("people", metadata, Column("id", Integer, primary_key=True), Column("name", String))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'people.db'}")
    metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def service() -> Iterator[int]:
    """Another service; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def of(kind: str, events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.kind == kind]


def test_statements_are_noted_with_their_time_and_the_line_that_asked(make: Make, engine: Engine) -> None:
    app = Flask("tests")

    @app.get("/")
    def find() -> str:
        with engine.connect() as connection:
            connection.execute(select(people).where(people.c.name == "Ann"))
        return ""

    profiled = make(app, engines=(engine,))
    profiled.get("/")
    sample = profiled.sample()
    [event] = of("sql", sample.events)
    assert event.text == "SELECT people.id, people.name FROM people WHERE people.name = ?"
    line = find.__code__.co_firstlineno + 3
    assert event.place.endswith(f"/test_trace.py:{line} {find.__qualname__}")
    assert event.seconds == pytest.approx(sample.sql)
    assert 0 < event.seconds < sample.request.seconds
    assert 0 < event.began < sample.request.seconds
    assert len(event.fingerprint) == 16


def test_the_same_statement_again_and_again_has_one_fingerprint_and_one_place(make: Make, engine: Engine) -> None:
    app = Flask("tests")

    @app.get("/")
    def find_each() -> str:
        with engine.connect() as connection:
            for number in range(21):
                connection.execute(select(people).where(people.c.id == number))
        return ""

    profiled = make(app, engines=(engine,))
    profiled.get("/")
    events = of("sql", profiled.sample().events)
    assert len(events) == 21
    assert len({(event.fingerprint, event.place) for event in events}) == 1


def test_writes_of_a_session_and_its_commit_are_noted(make: Make, engine: Engine) -> None:
    app = Flask("tests")

    @app.post("/")
    def write() -> str:
        with Session(engine) as session:
            session.execute(insert(people), [{"name": "Ann"}, {"name": "Bob"}])
            session.commit()
        return ""

    profiled = make(app, engines=(engine,))
    profiled.call("POST", "/")
    texts = [event.text for event in of("sql", profiled.sample().events)]
    assert texts == ["INSERT INTO people (name) VALUES (...)", "COMMIT"]


def test_a_statement_that_fails_is_noted(make: Make, engine: Engine) -> None:
    app = Flask("tests")

    @app.get("/")
    def fail() -> str:
        with engine.connect() as connection:
            connection.execute(text("SELECT 'secret' FROM nowhere"))
        return ""

    profiled = make(app, engines=(engine,))
    profiled.get("/")
    sample = profiled.sample()
    assert [event.text for event in sample.events] == ["SELECT ? FROM nowhere"]
    assert sample.kind == "failed"


def test_more_events_than_fit_are_counted_and_their_time_added(make: Make, engine: Engine) -> None:
    app = Flask("tests")

    @app.get("/")
    def many() -> str:
        with engine.connect() as connection:
            for _ in range(MOST_EVENTS + 50):
                connection.execute(select(people))
        return ""

    profiled = make(app, engines=(engine,))
    profiled.get("/")
    sample = profiled.sample()
    assert (len(sample.events), sample.left_out) == (MOST_EVENTS, 50)
    assert sample.sql > sum(event.seconds for event in sample.events)


@pytest.mark.parametrize("path", ["/slow", "/fails"])
def test_a_slow_or_failed_request_that_nobody_had_chosen_says_where_its_time_went(
    make: Make, engine: Engine, path: str
) -> None:
    app = Flask("tests")

    def work() -> str:
        with engine.connect() as connection:
            for number in range(12):
                connection.execute(select(people).where(people.c.id == number))
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        if path == "/fails":
            raise RuntimeError("as told")
        return "done"

    app.add_url_rule(path, "work", work)
    profiled = make(app, engines=(engine,), samples_per_second=0.0, slow=0.04 if path == "/slow" else 60.0)
    profiled.get(path)
    sample = profiled.sample()
    assert (sample.chosen, sample.kind) == (False, "slow" if path == "/slow" else "failed")
    assert len(of("sql", sample.events)) == 12
    assert sample.sql == pytest.approx(sum(event.seconds for event in sample.events))
    assert sample.cpu >= 0.05
    assert 0 < sample.view <= sample.request.seconds
    assert sample.size
    assert all(event.place.endswith(f" {work.__qualname__}") for event in sample.events[trace.FEW :])
    [line] = waterfall.repeated(waterfall.lines(sample))
    assert line.event.place.endswith(f" {work.__qualname__}")


def test_a_request_that_nobody_had_chosen_and_that_ended_well_is_not_kept(make: Make, engine: Engine) -> None:
    profiled = make(small(), samples_per_second=0.0)
    profiled.get("/")
    batch = profiled.batch()
    assert (len(single(batch)), batch.samples) == (1, [])


def test_outgoing_calls_are_noted_by_method_and_host_alone(make: Make, service: int) -> None:
    url = f"http://127.0.0.1:{service}/token-in-the-path?key=secret"
    app = Flask("tests")

    @app.get("/")
    def ask() -> str:
        urllib.request.urlopen(url).close()
        requests.get(url, auth=("user", "password"), timeout=5).close()
        connection = http.client.HTTPConnection("127.0.0.1", service)
        connection.request("GET", "/token-in-the-path?key=secret")
        connection.getresponse().read()
        connection.close()
        return ""

    profiled = make(app)
    assert profiled.get("/").status_code == 200
    sample = profiled.sample()
    assert [event.text for event in of("http", sample.events)] == [f"GET 127.0.0.1:{service}"] * 3
    assert sample.outgoing == pytest.approx(sum(event.seconds for event in sample.events))
    assert {event.place.partition(":")[0].rpartition("/")[2] for event in sample.events} == {"test_trace.py"}


def test_commands_of_redis_py_are_noted_without_keys_and_values(make: Make, redis_url: str) -> None:
    app = Flask("tests")

    @app.get("/")
    def ask() -> str:
        with redis_client.connect(redis_url, timeout=5) as client:
            client.set("a secret key", "a secret value", ex=5)
            client.get("a secret key")
            client.pipeline().get("a secret key").execute()
        return ""

    profiled = make(app)
    assert profiled.get("/").status_code == 200
    sample = profiled.sample()
    assert [event.text for event in of("cache", sample.events)] == ["SET", "GET", "pipeline"]
    assert sample.cache_seconds > 0


def test_what_the_cache_asks_is_noted_and_its_outcome_counted(make: Make, redis_url: str) -> None:
    app = Flask("tests")

    @app.get("/hot/<name>")
    @hot(tags=("people",), share="everyone")
    def warm(name: str) -> str:
        return name

    store = RedisStore(RedisClient(redis_url, timeout=5), "looking:", mark_ttl=0.1)
    put_in_front(app, store, CacheOptions((), (metadata,), manual_tags=("people",)))
    profiled = make(app)
    outcomes = []
    while "redis hit" not in outcomes:
        profiled.get("/hot/a")
        profiled.get("/hot/a?unknown=1")
        batch = profiled.batch()
        outcomes += [request.cache for request in single(batch)]
        assert {request.route for request in single(batch)} == {"/hot/<name>"}
    assert {"miss", "bypass", "redis hit"} == set(outcomes)
    [hit] = [sample for sample in batch.samples if sample.request.cache == "redis hit"]
    assert [event.text for event in hit.events] == ["look"]
    assert hit.view == 0.0


def test_the_sampling_function_is_asked_for_hot_routes_too_and_not_for_hits(make: Make) -> None:
    app = Flask("tests")
    app.add_url_rule("/hot", "warm", hot(tags=("people",))(lambda: "text"))
    put_in_front(app, MemoryStore(), CacheOptions((), (metadata,), manual_tags=("people",)))
    profiled = make(app, sampling_function=lambda: False)
    for path in ("/hot?unknown=1", "/hot", "/hot"):
        profiled.get(path)
    batch = profiled.batch()
    assert [each.cache for each in single(batch)] == ["bypass", "miss", "memory hit"]
    assert [sample.request.cache for sample in batch.samples] == ["memory hit"]


def test_the_view_the_processor_and_the_size_are_told(profiled: Profiled) -> None:
    profiled.get("/")
    sample = profiled.sample()
    assert 0 < sample.view < sample.request.seconds
    assert sample.cpu > 0
    assert (sample.size, sample.kind, sample.chosen) == (len("hello"), "sample", True)
    profiled.get("/stream")
    assert profiled.sample().size is None


def test_where_nobody_had_chosen_it_cpu_time_is_taken_from_the_view_on(make: Make) -> None:
    app = small()
    early = list[bool]()

    @app.before_request
    def refuse() -> None:
        if early:
            raise RuntimeError("before the view")

    profiled = make(app, samples_per_second=0.0)
    profiled.get("/fails")
    assert profiled.sample().cpu > 0
    early.append(True)
    profiled.get("/")
    sample = profiled.sample()
    assert (sample.kind, sample.view, sample.cpu) == ("failed", 0.0, 0.0)
    assert sample.waiting == sample.request.seconds


def test_a_sample_has_the_id_of_the_log(make: Make) -> None:
    from hotroute.request_log import RequestLog  # noqa: PLC0415

    app = Flask("tests")
    app.wsgi_app = RequestLog(app.wsgi_app)  # type: ignore[method-assign]
    profiled = make(app)
    answer = profiled.get("/")
    assert profiled.sample().id == answer.headers["X-Request-Id"]


def test_beyond_the_budget_nobody_looks_and_all_are_counted(make: Make) -> None:
    profiled = make(samples_per_second=20.0)
    for _ in range(50):
        profiled.get("/")
    batch = profiled.batch()
    assert len(single(batch)) == 50
    assert 0 < len(batch.samples) < 20
    profiled.recorder.refill(seconds=3600)
    for _ in range(50):
        profiled.get("/")
    assert 0 < len(profiled.batch().samples) < 20, "a pause does not save up"


def test_with_a_budget_of_nothing_failures_are_kept_all_the_same(make: Make) -> None:
    profiled = make(small(), samples_per_second=0.0)
    profiled.get("/fails")
    profiled.get("/nowhere")
    sample = profiled.sample()
    assert (sample.kind, sample.chosen, sample.request.route) == ("failed", False, "/fails")


def test_when_everything_fails_some_are_kept(make: Make) -> None:
    profiled = make(small(), samples_per_second=0.0)
    for _ in range(100):
        profiled.get("/fails")
    batch = profiled.batch()
    assert len(single(batch)) == 100
    assert 0 < len(batch.samples) < 50
    assert batch.pulses[0].dropped == 100 - len(batch.samples)


def test_a_look_ends_with_its_request(profiled: Profiled, engine: Engine) -> None:
    profiled.get("/")
    assert instrumentation.current.get() is None


def test_a_profiler_of_another_application_does_not_look(make: Make) -> None:
    one, other = make(), make(samples_per_second=0.0)
    one.get("/")
    other.get("/")
    assert other.app.extensions[EXTENSION] is other.recorder
    assert (len(one.batch().samples), len(other.batch().samples)) == (1, 0)
