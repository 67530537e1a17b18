"""The measuring itself, on a real Gunicorn, with a few requests instead of seconds of load."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from profiling.bench import rounds, serving
from profiling.bench.cases import FLASK, FLOORS, Case
from profiling.bench.rounds import Target, UnexpectedAnswerError
from profiling.bench.wrk import Load
from rich.console import Console

REQUESTS = 10
ENOUGH = 1_000
"""Requests that cost many of the kernel's hundredths of a second."""


@pytest.fixture(scope="module")
def targets() -> Iterator[list[Target]]:
    with ExitStack() as stack:
        yield serving.start(stack, FLOORS, 0, Console(quiet=True))


def load(target: Target) -> Load:
    for _ in range(REQUESTS):
        rounds.ask(target)
    return Load(REQUESTS, 100.0)


def test_every_case_is_run_in_turn_round_after_round(targets: list[Target]) -> None:
    asked: list[str] = []

    def loaded(target: Target) -> Load:
        asked.append(target.case.name)
        return load(target)

    measured = rounds.measure(targets, loaded, 2, lambda: None)
    wsgi, flask = [case.name for case in FLOORS]
    assert asked == [wsgi, flask] * 3
    assert [len(each.runs) for each in measured] == [2, 2]


def test_the_bytes_of_the_body_are_told(targets: list[Target]) -> None:
    wsgi, flask = rounds.measure(targets, load, 1, lambda: None)
    assert wsgi.size > 2000
    assert flask.size == len(b'{"hello":"world"}\n')


def test_the_cpu_is_that_of_the_workers(targets: list[Target]) -> None:
    """A Python process cannot answer a request within 5 us, nor does one take 0.1 s of CPU."""

    def loaded(target: Target) -> Load:
        for _ in range(ENOUGH):
            rounds.ask(target)
        return Load(ENOUGH, 100.0)

    (measured,) = rounds.measure(targets[:1], loaded, 1, lambda: None)
    assert 5 < measured.runs[0].cpu < 100_000


@pytest.mark.parametrize(
    "case",
    [
        Case("missing", FLASK, "/missing", lambda _answer: True),
        Case("another", FLASK, "/", lambda answer: answer == {"hello": "moon"}),
    ],
)
def test_what_is_not_answered_as_expected_is_not_measured(targets: list[Target], case: Case) -> None:
    wrong = replace_case(targets[1], case)
    with pytest.raises(UnexpectedAnswerError, match=case.name):
        rounds.measure([wrong], lambda _target: pytest.fail("it was loaded"), 1, lambda: None)


def test_what_is_not_a_hit_is_not_measured_as_one(targets: list[Target]) -> None:
    case = Case("a hit", FLASK, "/", lambda answer: answer == {"hello": "world"}, hot=True)
    with pytest.raises(UnexpectedAnswerError, match="not answered from the cache"):
        rounds.measure([replace_case(targets[1], case)], load, 1, lambda: None)


def replace_case(target: Target, case: Case) -> Target:
    return target._replace(case=case, url=target.url.removesuffix(target.case.path) + case.path)
