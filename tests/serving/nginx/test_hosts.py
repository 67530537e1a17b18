"""Three application hosts behind one proxy: what a client notices when they are restarted, and when one dies.

Short by default. PROVE_EVENTS=20 and PROVE_REQUESTS=20000 are the full counts.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from hotroute.serving.nginx.binary import inspect
from tests.servers import Proxy, nginx_server, wait_until
from tests.serving.load import Load
from tests.serving.nginx.hosts import Host, hosts
from tests.serving.nginx.test_reload import reload

EVENTS = int(os.environ.get("PROVE_EVENTS", "1"))
REQUESTS = int(os.environ.get("PROVE_REQUESTS", "1000"))
BETWEEN = 50
HOSTS = 3
pytestmark = pytest.mark.timeout(180 + 60 * EVENTS)


def upstreams(members: list[Host]) -> str:
    return ",".join(f"{host.address}:{host.port}" for host in members)


class Site:
    """The hosts, the proxy in front of them, and the POSTs that they executed."""

    def __init__(self, proxy: Proxy, members: list[Host], notes: Path) -> None:
        self.proxy, self.hosts, self.notes = proxy, members, notes

    @contextmanager
    def under_load(self, keep_alive: bool = True) -> Iterator[Load]:
        seconds = 150 + 50 * EVENTS
        load = Load(self.proxy.https_port, self.proxy.trust, clients=8, seconds=seconds, keep_alive=keep_alive)
        with load.running(at_least=REQUESTS):
            yield load
            load.wait_for(BETWEEN)
        assert load.sent >= REQUESTS
        assert load.lost(self.notes) == set()
        assert load.executed_twice(self.notes) == []

    def use(self, members: list[Host]) -> None:
        """Have the proxy ask only these, and wait until none of its workers knows of others."""
        before = set(psutil.Process(self.proxy.server.pid).children())
        assert reload(self.proxy, UPSTREAMS=upstreams(members)).returncode == 0
        wait_until(lambda: not any(worker.is_running() for worker in before), "the proxy's old workers are gone")

    def in_turn(self, load: Load) -> Iterator[Host]:
        for _ in range(EVENTS):
            for host in self.hosts:
                load.wait_for(BETWEEN)
                yield host


@pytest.fixture
def site(request: pytest.FixtureRequest, program: Path, tmp_path: Path) -> Iterator[Site]:
    """With `held` as its parameter, the hosts' listening sockets outlive their Gunicorn."""
    notes = tmp_path / "notes"
    notes.touch()
    with (
        hosts(HOSTS, {"NOTES": str(notes)}, held=getattr(request, "param", "") == "held") as members,
        nginx_server(1, {"NGINX_PROGRAM": str(program), "UPSTREAMS": upstreams(members)}) as proxy,
    ):
        yield Site(proxy, members, notes)


def test_every_host_gets_its_share(site: Site) -> None:
    answered = Counter(json.loads(site.proxy.get("/pid")[1])["imported_by"] for _ in range(30))
    assert len(answered) == HOSTS
    assert min(answered.values()) >= 3


def test_hup_of_all_hosts_in_turn_loses_no_request(site: Site) -> None:
    with site.under_load() as load:
        for host in site.in_turn(load):
            host.renew_workers()
    assert load.failed == [], site.proxy.server.output()


@pytest.mark.parametrize("site", ["held", "plain"], indirect=True)
@pytest.mark.matrix("site")
def test_restarting_all_hosts_in_turn_loses_no_request(site: Site) -> None:
    """Who comes while a host is away waits in the kernel, or is turned away before anything is sent (door.py)."""
    with site.under_load() as load:
        for host in site.in_turn(load):
            host.stop()
            load.wait_for(BETWEEN)
            host.start()
    assert load.failed == [], site.proxy.server.output()


@pytest.mark.matrix
def test_hosts_that_the_proxy_was_told_to_leave_out_are_restarted_and_no_request_is_lost(site: Site) -> None:
    """So that nobody tries a second one. Before 1.27.4 kept-alive clients are dropped by a reload: they have none."""
    stays = inspect(Path(site.proxy.server.environ["NGINX_PROGRAM"])).since(1, 27, 4)
    with site.under_load(keep_alive=stays) as load:
        for host in site.in_turn(load):
            site.use([other for other in site.hosts if other is not host])
            host.stop()
            load.wait_for(BETWEEN)
            host.start()
            site.use(site.hosts)
    assert load.failed == [], site.proxy.server.output()


def test_the_death_of_a_host_fails_no_get_and_runs_no_post_twice(site: Site) -> None:
    """But what it had in its hands: a POST gets a 502 that says so, an answer of which half was sent ends there."""
    with site.under_load() as load:
        for host in site.in_turn(load):
            host.kill()
            load.wait_for(BETWEEN)
            host.start()
    assert [failure for failure in load.failed if not re.search(r"POST \d+: 502$|IncompleteRead", failure)] == []
    assert len(load.failed) <= load.clients * EVENTS * HOSTS


def test_with_two_of_three_hosts_gone_everything_is_answered(site: Site) -> None:
    for host in site.hosts[:2]:
        host.kill()
    for method in ("GET", "POST"):
        for _ in range(10):
            assert site.proxy.request(method, "/post", b"x" if method == "POST" else None)[0].status == 200


def test_with_all_hosts_gone_the_answer_is_502_and_the_first_one_back_serves(site: Site) -> None:
    for host in site.hosts:
        host.kill()
    for _ in range(5):
        response, body = site.proxy.get("/pid")
        assert response.status == 502
        assert json.loads(body) == {"errors": {"body": ["the application is not reachable, try again"]}}
    site.hosts[1].start()
    assert [site.proxy.get("/pid")[0].status for _ in range(5)] == [200] * 5
