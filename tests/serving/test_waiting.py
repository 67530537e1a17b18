"""Connections that wait for a request, as the threads of a worker take them."""

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from math import inf
from threading import Thread
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from hotroute.serving.waiting import Connections, Threads
from tests.servers import wait_until


@dataclass(eq=False)
class Connection:
    sock: socket.socket
    timeout: float


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


Pairs = list[tuple[socket.socket, socket.socket]]


def connections(pairs: Pairs) -> tuple[Connections, list[Connection]]:
    waiting = Connections()
    made = [Connection(server, number) for number, (server, _) in enumerate(pairs)]
    for each in made:
        waiting.add(each, known=False)
    return waiting, made


def test_a_readable_connection_goes_to_one_thread_until_that_gives_it_back(pairs: Pairs) -> None:
    waiting, (_, one, other) = connections(pairs)
    taken: list[Connection] = []
    threads = [Thread(target=lambda: taken.append(waiting.wait())) for _ in range(2)]
    for thread in threads:
        thread.start()
    pairs[1][1].send(b"more than it reads")
    wait_until(lambda: bool(taken), "one has it")
    assert taken == [one]
    one.sock.recv(4)
    assert len(waiting) == 2
    waiting.add(one, known=True)
    for thread in threads:
        thread.join(10)
    assert taken == [one, one]
    pairs[2][1].send(b"x")
    assert waiting.wait() is other


def test_those_that_time_out_are_taken_in_order_and_belong_to_nobody_else(pairs: Pairs) -> None:
    waiting, made = connections(pairs)
    assert list(waiting) == made
    assert waiting[0] is made[0]
    pairs[0][1].send(b"late")
    assert [waiting.take_first(1), waiting.take_first(1), waiting.take_first(1)] == [made[0], made[1], None]
    assert waiting.wait() is None, "who was told of it comes too late"
    assert [waiting.take_first(inf), waiting.take_first(inf)] == [made[2], None]


def test_a_connection_that_is_closed_is_forgotten(pairs: Pairs) -> None:
    waiting, made = connections(pairs)
    first = waiting.take_first(inf)
    first.sock.close()
    # Most often with the number of the one that was closed.
    server, client = socket.socketpair()
    with closing(server), closing(client):
        another = Connection(server, 9)
        waiting.add(another, known=False)
        client.send(b"x")
        assert waiting.wait() is another
    assert list(waiting) == made[1:]


def test_what_was_answered_on_just_now_does_not_time_out(pairs: Pairs) -> None:
    waiting, (first, *_) = connections(pairs)

    class Late(dict[int, Connection]):
        def pop(self, *arguments: Any) -> Any:
            first.timeout = 5
            return super().pop(*arguments)

    waiting.by_file = Late(waiting.by_file)
    assert waiting.take_first(1) is None
    assert first in list(waiting)
    pairs[0][1].send(b"x")
    assert waiting.wait() is first


def test_threads_may_have_taken_all_since_somebody_looked() -> None:
    assert Connections()[0].timeout == inf


def test_what_is_closed_is_not_kept(pairs: Pairs) -> None:
    waiting, (first, *_) = connections(pairs)
    pairs[0][1].send(b"x")
    assert waiting.wait() is first
    waiting.forget(first)
    with pytest.raises(OSError, match="No such file"):
        waiting.add(first, known=True)
    assert first not in list(waiting)
    first.sock.close()
    waiting.forget(first)
    with pytest.raises(ValueError, match="negative"):
        waiting.add(first, known=True)
    assert first not in list(waiting)


def test_threads_end_when_they_are_told_to(pairs: Pairs) -> None:
    waiting, (first, *_) = connections(pairs)
    answered: list[Connection] = []
    threads = Threads(3, waiting, answered.append)
    before = set(enumerate_threads())
    threads.start()
    pairs[0][1].send(b"x")
    wait_until(lambda: answered == [first], "one answers")
    threads.shutdown(wait=False)
    threads.shutdown(wait=False)
    for thread in set(enumerate_threads()) - before:
        thread.join(10)
        assert not thread.is_alive()
