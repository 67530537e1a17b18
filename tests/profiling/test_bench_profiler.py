"""What the profiler's bench makes of its runs."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from profiling.bench.profiler import alternating, client, measuring, report, spent, verdict
from profiling.bench.profiler.alternating import Added
from profiling.bench.profiler.cases import CASES, NONE, OURS, WAYS, Way
from profiling.bench.profiler.client import Clients
from profiling.bench.profiler.measuring import Cost, Runs
from profiling.bench.profiler.serving import Subject, UnexpectedAnswerError

TRIVIAL = CASES[0]
NOBODY = cast(Clients, None)


def subjects() -> list[Subject]:
    return [Subject(TRIVIAL, way, 0, NOBODY) for way in WAYS]


def runs(*cpu: float, behind: float = 0.0) -> Runs:
    """A thousand requests, and so many seconds of CPU for each afterwards."""
    return Runs(cpu=list(cpu), requests=1000, loaded=1.0, loaded_for=2.0, whole=1.0 + 1000 * behind, whole_for=5.0)


def cost(way: Way, costs: list[Cost]) -> Cost:
    return next(each for each in costs if each.way == way)


def test_the_ratio_is_the_median_of_the_rounds_own_for_the_machine_drifts() -> None:
    start = [runs(100e-6, 200e-6, 300e-6), runs(104e-6, 208e-6, 330e-6), runs(500e-6, 500e-6, 500e-6)]
    found = measuring.costs(subjects(), [start])
    assert cost(OURS, found).ratio == pytest.approx(1.04)
    assert cost(NONE, found).ratio == 1
    assert cost(OURS, found).own == pytest.approx(208)


def test_what_is_done_behind_a_request_counts() -> None:
    start = [runs(100e-6), runs(100e-6, behind=10e-6), runs(100e-6)]
    ours = cost(OURS, measuring.costs(subjects(), [start]))
    assert ours.behind == pytest.approx(10)
    assert ours.ratio == pytest.approx(1.1)


def test_idling_between_the_runs_is_not_charged_to_the_requests() -> None:
    """Three idle seconds with 2 ms of CPU each, of a server that does nothing else."""
    known = Runs(cpu=[1e-4], requests=1000, loaded=1.0, loaded_for=2.0, idle=0.002, whole=1.006, whole_for=5.0)
    assert known.behind == pytest.approx(0.0)


def test_every_start_of_the_servers_counts() -> None:
    starts = [[runs(1e-4), runs(factor * 1e-4), runs(1e-4)] for factor in (1.01, 1.02, 1.4)]
    assert cost(OURS, measuring.costs(subjects(), starts)).ratio == pytest.approx(1.02)


def test_what_is_added_is_what_calls_cost_more_with_and_without_a_close_look() -> None:
    """Of 200 us a request one CPU serves 5,000 a second, of which 100 are looked at closely: one in 50."""
    found = verdict.judge(Cost(TRIVIAL, NONE, 200.0, 0.0, 1.0), Added(40.0, 7.0, 32.0)).verdict
    assert found.share == pytest.approx(0.02)
    assert found.added == pytest.approx(7.0 + 0.02 * 25)
    assert found.ratio == pytest.approx(1.0375)
    assert found.met


def test_an_expectation_that_is_not_met_is_told() -> None:
    plain = Cost(TRIVIAL, NONE, 200.0, 0.0, 1.0)
    assert verdict.judge(plain, Added(40.0, 9.0, 30.0)).verdict.met
    dear = verdict.judge(plain, Added(40.0, 11.0, 30.0))
    assert not dear.verdict.met
    assert report.cells(*dear)[-1] == "at most 1.05: NOT MET"


def test_differences_are_taken_within_each_turn_for_the_machine_drifts() -> None:
    turns = [{"none": at, "counted": at + 5, "looked at": at + 20} for at in (40.0, 90.0, 400.0)]
    assert alternating.compare(turns, [{"counted": 1.0, "looked at": 12.0}]) == Added(90.0, 6.0, 32.0)


def test_an_application_is_called_without_a_server() -> None:
    added = alternating.measure(TRIVIAL, {}, 2)
    assert 5 < added.plain < 100_000
    assert added.looked != added.counted


def test_an_application_that_does_not_answer_is_not_measured() -> None:
    with pytest.raises(UnexpectedAnswerError, match="404"):
        alternating.measure(replace(TRIVIAL, path="/nowhere"), {}, 1)


def test_the_results_are_written_as_text_and_as_numbers(tmp_path: Path) -> None:
    plain, ours = Cost(TRIVIAL, NONE, 200.0, 0.0, 1.0), Cost(TRIVIAL, OURS, 230.0, 3.0, 1.15)
    report.write(tmp_path, [plain, ours], [verdict.judge(plain, Added(40.0, 4.0, 29.0))], {"date": "today"})
    assert "| a trivial view" in (tmp_path / "profiler.md").read_text()
    document = json.loads((tmp_path / "profiler.json").read_text())
    assert document["called"][0]["met"] is True
    assert document["served"][1]["profiler"] == OURS.name


def test_an_answer_may_come_in_pieces() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        pieces = (b"HTTP/1.1 200 OK\r\nContent-", b"length: 5\r\n\r", b"\nhel", b"lo")
        sender = Thread(target=send, args=(theirs, pieces))
        sender.start()
        answer = client.read(ours)
        sender.join()
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"hello", "5")


def send(connection: socket.socket, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        connection.sendall(piece)


def test_a_connection_that_ends_is_no_answer() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours):
        theirs.close()
        with pytest.raises(ConnectionError):
            client.read(ours)


BUSY = """
import sys, threading, time
def work():
    until = time.thread_time() + 0.2
    while time.thread_time() < until: pass
    print("done", flush=True)
    time.sleep(60)
threading.Thread(target=work, daemon=True).start()
sys.stdin.read()
"""


def test_cpu_of_threads_counts_finer_than_the_clock_ticks() -> None:
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"done\n"
        assert 0.2 <= spent.seconds(process.pid) < 5
        assert process.stdin
        process.stdin.close()
    before = spent.seconds(os.getpid())
    sum(range(200_000))
    assert 0 < spent.seconds(os.getpid()) - before < 5
