"""The ways to Redis: TLS, passwords, sockets, Sentinel; and connections that must not be used any more."""

import gc
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
import redis
import trustme

from hotroute.cache import RedisClient, Unreachable
from hotroute.cache.redis_client.endpoint import Address, parse
from hotroute.cache.redis_client.sentinel import Sentinels
from tests.cache.failure.conftest import notes
from tests.cache.failure.proxy import Proxy, proxy_to
from tests.cache.failure.servers import RedisServer, redis_of_its_own
from tests.cache.failure.test_outages import told
from tests.servers import PROGRAMS, clean_environment, free_port, wait_until

PASSWORD = "p@ss/word:%41"
QUOTED = "p%40ss%2Fword%3A%2541"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def locked(server: RedisServer) -> RedisServer:
    server.call("CONFIG", "SET", "requirepass", PASSWORD)
    server.password = PASSWORD
    server.call("ACL", "SETUSER", "web", "on", f">{PASSWORD}", "~*", "+@all")
    return server


@pytest.fixture
def tls(authority: trustme.CA, locked: RedisServer) -> Iterator[Proxy]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with proxy_to(locked.port, tls=context) as proxy:
        yield proxy


def ping(url: str) -> object:
    link = RedisClient(url, timeout=5)
    try:
        return link.call("PING")
    finally:
        link.pool.disconnect()


@pytest.mark.own_server
@pytest.mark.parametrize("user", ["", "web"])
def test_tls_with_a_password_and_a_private_authority(
    tls: Proxy, authority: trustme.CA, tmp_path: Path, user: str
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert ping(f"rediss://{user}:{QUOTED}@localhost:{tls.port}/1?ssl_ca_certs={tmp_path / 'ca.pem'}") == b"PONG"
    with notes(
        f"rediss://:{QUOTED}@localhost:{tls.port}/1?ssl_ca_certs={tmp_path / 'ca.pem'}", tmp_path, "n:", timeout=5
    ) as app:
        app.write_at_last("one")
        app.warm("one")


@pytest.mark.own_server
def test_tls_trusts_nobody_who_is_not_named(tls: Proxy, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    good = f"ssl_ca_certs={tmp_path / 'ca.pem'}"
    for host, query in (
        ("localhost", ""),
        ("localhost", f"ssl_ca_certs={tmp_path / 'other.pem'}"),
        ("127.0.0.1", good),
    ):
        with pytest.raises(Unreachable, match="certificate"):
            ping(f"rediss://:{QUOTED}@{host}:{tls.port}?{query}")


@pytest.mark.own_server
def test_a_wrong_password_is_told_without_it(locked: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unreachable, match="WRONGPASS"):
        ping(f"redis://:hunter2@127.0.0.1:{locked.port}")
    assert told(caplog, "WRONGPASS")
    assert "hunter2" not in caplog.text
    assert "hunter2" not in repr(parse("redis://:hunter2@localhost"))


def test_a_unix_socket(tmp_path: Path) -> None:
    path = Path("/tmp") / f"hotroute-{token_hex(4)}.sock"
    with redis_of_its_own("--unixsocket", str(path)):
        assert ping(f"unix://{path}?db=2") == b"PONG"


def test_a_unix_socket_that_is_not_there_is_told_and_left_closed(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="No such file"):
        ping(f"unix://{tmp_path}/none")
    # A socket that nobody has closed is a warning, and so an error, as soon as it is collected.
    gc.collect()


def test_an_address_says_what_it_is() -> None:
    assert parse(f"redis://web:{QUOTED}@[::1]:7000/3") == Address("::1", 7000, "", 3, "web", PASSWORD)
    secured = parse("rediss://localhost").tls
    assert secured is not None
    assert secured.check_hostname
    assert secured.verify_mode is ssl.CERT_REQUIRED
    assert parse("redis://localhost").tls is None


def test_an_answer_that_comes_too_late_is_nobody_elses(server: RedisServer) -> None:
    with proxy_to(server.port) as proxy:
        link = RedisClient(proxy.url, timeout=0.3, period=0.0)
        assert link.call("ECHO", "first") == b"first"
        proxy.mode, proxy.pause = "delay", 0.6
        with pytest.raises(Unreachable):
            link.call("ECHO", "late")
        proxy.mode = "pass"
        for number in range(20):
            assert link.call("ECHO", f"{number}") == b"%d" % number
        link.pool.disconnect()


@pytest.mark.own_server
def test_connections_that_the_server_closed_are_replaced_without_an_outage(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    link = RedisClient(server.url, timeout=5)
    for _ in range(3):
        assert link.call("PING") == b"PONG"
        server.call("CLIENT", "KILL", "TYPE", "normal")
    assert not told(caplog, "not usable")
    link.pool.disconnect()


def test_threads_share_few_connections_and_never_one_answer(server: RedisServer) -> None:
    with proxy_to(server.port) as proxy:
        link = RedisClient(proxy.url, timeout=10)
        wrong: list[object] = []

        def ask(thread: int) -> None:
            for number in range(60):
                answer = link.call("ECHO", f"{thread}.{number}")
                if answer != f"{thread}.{number}".encode():
                    wrong.append(answer)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert proxy.connections <= 8
        link.pool.disconnect()


def test_a_child_has_connections_of_its_own(server: RedisServer) -> None:
    with proxy_to(server.port) as proxy:
        link = RedisClient(proxy.url, timeout=10)
        link.call("PING")
        read, write = os.pipe()
        if not (child := os.fork()):
            try:
                os.write(write, b"y" if not link.pool.idle and link.call("ECHO", "child") == b"child" else b"n")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 1) == b"y"
        assert link.call("ECHO", "parent") == b"parent"
        assert proxy.connections == 2, "the parent's is still good, and the child made another"
        os.close(read)
        os.close(write)
        link.pool.disconnect()


def test_a_child_asks_though_its_parent_was_in_an_outage() -> None:
    link = RedisClient(f"redis://127.0.0.1:{free_port()}", timeout=1)
    with pytest.raises(Unreachable, match="refused"):
        link.call("PING")
    with link.breaker.lock:
        child = os.fork()
    if not child:
        os._exit(0 if link.breaker.allow() is not None and link.breaker.lock.acquire(timeout=5) else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.own_server
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("maxmemory-policy", "allkeys-lru", "evicts what must not be"),
        ("save", "60 1", "keeps its data on disk"),
        ("appendonly", "yes", "keeps its data on disk"),
    ],
)
def test_a_redis_that_is_not_set_up_for_a_cache_is_told_of(
    server: RedisServer, caplog: pytest.LogCaptureFixture, name: str, value: str, words: str
) -> None:
    server.call("CONFIG", "SET", name, value)
    link = RedisClient(server.url, timeout=5)
    link.call("PING")
    link.call("PING")
    assert len(told(caplog, words)) == 1
    link.pool.disconnect()


@pytest.mark.parametrize("policy", ["noeviction", "volatile-ttl", "volatile-lru"])
@pytest.mark.own_server
def test_a_redis_that_is_set_up_for_a_cache_is_not(
    server: RedisServer, caplog: pytest.LogCaptureFixture, policy: str
) -> None:
    server.call("CONFIG", "SET", "maxmemory-policy", policy)
    assert ping(server.url) == b"PONG"
    assert not told(caplog, "")


@pytest.mark.own_server
def test_a_redis_that_does_not_say_is_not_told_of(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    server.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    server.call("ACL", "SETUSER", "web", "on", ">pass", "~*", "+@all", "-config")
    assert ping(f"redis://web:pass@127.0.0.1:{server.port}") == b"PONG"
    assert not told(caplog, "")


def test_a_replica_is_never_asked(server: RedisServer) -> None:
    with redis_of_its_own("--replicaof", f"127.0.0.1 {server.port}") as replica:
        link = RedisClient(replica.url, timeout=5)
        with pytest.raises(Unreachable, match="not a primary: its role is slave"):
            link.call("PING")


@pytest.fixture
def sentinel(server: RedisServer, tmp_path: Path) -> Iterator[tuple[RedisServer, RedisServer]]:
    """A primary's replica, and a Sentinel that watches both under the name "notes"."""
    configuration = tmp_path / "sentinel.conf"
    port = free_port()
    configuration.write_text(
        f"port {port}\nbind 127.0.0.1\nsentinel monitor notes 127.0.0.1 {server.port} 1\n"
        "sentinel down-after-milliseconds notes 5000\nsentinel failover-timeout notes 10000\n"
    )

    class Watcher(RedisServer):
        def start(self) -> None:
            self.port = port
            self.run([str(configuration), "--sentinel"])
            wait_until(self.answers, "the Sentinel answers PING")

    with redis_of_its_own("--replicaof", f"127.0.0.1 {server.port}") as replica:
        # A Sentinel asks at once which replicas there are, and then every ten seconds.
        wait_until(lambda: replicas(server) == 1, "the replica is connected")
        watcher = Watcher(tmp_path)
        try:
            yield watcher, replica
        finally:
            watcher.close()


APPLICATION = """
from flask import Flask
from flask_caching import Cache
from hotroute import cache
app, given = Flask("app"), Cache()
given.init_app(app, {
    "CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache",
    "CACHE_NAMESPACE": "watched:", "CACHE_REDIS_TIMEOUT": 2,
    "CACHE_REDIS_URL": "redis://", "CACHE_REDIS_SENTINELS": [("127.0.0.1", %d)], "CACHE_REDIS_SENTINEL_MASTER": "notes",
})
cache.init_app(app, given, cache.CacheOptions((), ()))
"""


@pytest.mark.own_server
def test_the_command_invalidates_where_the_applications_sentinels_say(
    server: RedisServer, sentinel: tuple[RedisServer, RedisServer], tmp_path: Path
) -> None:
    (tmp_path / "watched.py").write_text(APPLICATION % sentinel[0].port)
    server.call("SET", "watched:t:a-tag", "a-nonce.1")
    command = [str(PROGRAMS / "hotroute"), "invalidate", "a-tag", "--app", "watched:app"]
    done = subprocess.run(command, env=clean_environment(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "invalidated: a-tag\n"), done.stderr
    assert server.call("GET", "watched:t:a-tag") != b"a-nonce.1"


@pytest.mark.own_server
@pytest.mark.parametrize("way", ["by hand", *(["by the Sentinel"] if os.environ.get("PROVE_FAILOVERS") else [])])
def test_a_failover_leads_to_the_new_primary_which_is_not_trusted_at_once(
    way: str,
    server: RedisServer,
    sentinel: tuple[RedisServer, RedisServer],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """PROVE_FAILOVERS=1 has the Sentinel do it, which takes it ten seconds."""
    watcher, replica = sentinel
    nobody = Address("127.0.0.1", free_port())
    place = Sentinels((nobody, Address("127.0.0.1", watcher.port)), "notes", Address(db=0))
    with notes(place, tmp_path, "n:", timeout=5) as app:
        app.write_at_last("one")
        app.warm("one")
        if way == "by hand":
            fail_over(server, replica, watcher)
        else:
            wait_until(lambda: failed_over(watcher), "the Sentinel knows the replica")
            wait_until(lambda: role(replica) == b"master", "the replica is the primary")
            wait_until(lambda: role(server) == b"slave", "the primary is a replica")
        for text in ("two", "three"):
            app.link.breaker.until = 0.0
            app.write_at_last(text)
            app.warm(text)
        assert told(caplog, "another one took over")
        with replica.client as client:
            assert client.keys("n:e:*")


def fail_over(server: RedisServer, replica: RedisServer, watcher: RedisServer) -> None:
    """The steps of a Sentinel."""
    replica.call("REPLICAOF", "NO", "ONE")
    server.call("REPLICAOF", "127.0.0.1", replica.port)
    server.call("CLIENT", "KILL", "TYPE", "normal")
    watcher.call("SENTINEL", "REMOVE", "notes")
    watcher.call("SENTINEL", "MONITOR", "notes", "127.0.0.1", replica.port, 1)


def failed_over(watcher: RedisServer) -> bool:
    try:
        return bool(watcher.call("SENTINEL", "FAILOVER", "notes"))
    except redis.ResponseError:
        return False


def replicas(server: RedisServer) -> int:
    with server.client as client:
        return int(client.info("replication")["connected_slaves"])


def role(server: RedisServer) -> object:
    answer = server.call("ROLE")
    return answer[0] if isinstance(answer, list) else None


def test_sentinels_that_know_nothing_are_told_of() -> None:
    places = tuple(Address("127.0.0.1", free_port()) for _ in range(2))
    link = RedisClient(Sentinels(places, "notes", Address()), timeout=1)
    with pytest.raises(Unreachable, match="no Sentinel of 2 knows where notes is"):
        link.call("PING")
