"""Following a job live: Server-Sent Events and Socket.IO, from a process of their own."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]

from tests.jobs.conftest import Site
from tests.servers import PROGRAMS, Server, free_port, listens, server

pytestmark = [pytest.mark.timeout(400), pytest.mark.matrix("broker")]


@pytest.fixture(scope="module")
def port(site: Site) -> Iterator[int]:
    chosen = free_port()
    command: list[str | Path] = [PROGRAMS / "hotroute", "jobs", "stream", "--app", "tests.jobs.app:create_app"]
    with server(command, {**site.environ, "JOBS_STREAM_PORT": str(chosen)}) as running:
        running.wait_for(lambda: listens(chosen), "the stream listens")
        yield chosen


@contextmanager
def follow(port: int, location: str, **headers: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"{location}/events", headers={"X-Caller": "ann"} | headers)
    with closing(connection), connection.getresponse() as response:
        yield response


def read_event(response: HTTPResponse) -> tuple[str, dict[str, Any]]:
    """Return the id and the data of the next event."""
    fields: dict[str, str] = {}
    while True:
        line = response.readline().decode()
        if line == "\n" and "data" in fields:
            return fields["id"], json.loads(fields["data"])["job"]
        name, _, value = line.rstrip("\n").partition(": ")
        fields[name] = value


def test_events_come_until_the_job_is_finished(site: Site, worker: Server, port: int) -> None:
    location = site.ask("write-slowly", "followed")
    with follow(port, location) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")
        seen = [read_event(response)[1]]
        while seen[-1]["progress"]["done"] == 0:
            seen.append(read_event(response)[1])
        site.let_go("followed")
        while seen[-1]["state"] != "succeeded":
            seen.append(read_event(response)[1])
        assert response.read() == b""
    assert seen[0]["state"] in {"queued", "running"}


def test_a_client_that_comes_back_gets_what_it_has_missed(site: Site, worker: Server, port: int) -> None:
    location = site.ask("write-slowly", "resumed")
    with follow(port, location) as response:
        last, _ = read_event(response)
    site.let_go("resumed")
    site.wait_for(location, "succeeded")
    with follow(port, location, **{"Last-Event-ID": last}) as response:
        last, shown = read_event(response)
        assert shown["state"] == "succeeded"
    with follow(port, location, **{"Last-Event-ID": last}) as response:
        assert response.status == 204
    with follow(port, location, **{"Last-Event-ID": "nonsense"}) as response:
        assert read_event(response)[1]["state"] == "succeeded"


def test_the_events_of_another_are_not_there(site: Site, worker: Server, port: int) -> None:
    location = site.ask("write-word", "private")
    for caller, status in (("bob", 404), ("", 401)):
        with follow(port, location, **{"X-Caller": caller}) as response:
            assert response.status == status
    site.wait_for(location, "succeeded")


def test_a_socket_gets_the_changes_of_its_callers_job_alone(site: Site, worker: Server, port: int) -> None:
    location = site.ask("write-slowly", "socket")
    job_id = location.rpartition("/")[2]
    with connect(port, "ann") as (client, changes), connect(port, "bob") as (stranger, overheard):
        assert client.call("follow", job_id)["job"]["id"] == job_id
        assert stranger.call("follow", job_id) == {"error": 404}
        site.let_go("socket")
        while changes.get(timeout=30)["job"]["state"] != "succeeded":
            pass
        assert overheard.empty()


class connect:  # noqa: N801  # a context manager
    """A Socket.IO client of a caller, over a WebSocket, and the queue of the events that it gets."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def __enter__(self) -> tuple[Any, "Queue[dict[str, Any]]"]:
        changes: Queue[dict[str, Any]] = Queue()
        self.client = socketio.Client(reconnection=False)
        self.client.on("job", changes.put)
        url = f"http://127.0.0.1:{self.port}"
        self.client.connect(url, auth={"token": self.token}, transports=["websocket"], wait_timeout=30)
        return self.client, changes

    def __exit__(self, *_exception: object) -> None:
        self.client.disconnect()
