"""Statements that repeat, statements that take the time, and connections."""

from dataclasses import replace

import pytest

from hotroute.profiler.advice import Serving
from tests.profiler.advice.made import BUSY, advised, kinds, route, split, statement, the, worker

pytestmark = pytest.mark.unit

ORDINARY = route("/list", split=split(wall=0.03, cpu=0.015, sql=0.01, statements=22.0))


def test_twenty_one_equal_statements_are_one_query() -> None:
    found = the("repeats", advised(ORDINARY, statements=(statement(1), statement(21, seconds=0.0004))))
    assert "these 21 statements are one query" in found.title
    assert "shop/views.py:12 listing" in found.text
    assert "SELECT name FROM users" in found.text
    assert found.numbers["executions_per_request"] == 21
    assert found.severity == "high"


def test_what_one_query_would_save_is_all_executions_but_one() -> None:
    """Twenty of 0.5 ms in one request of five: 9.5 ms in a thousand of 5,000."""
    found = the("repeats", advised(ORDINARY, statements=(statement(20, seconds=0.0005),)))
    assert found.gain == pytest.approx(5000 * 100 / 500 * 0.0095)
    assert "up to 9.5 ms faster" in found.text


def test_five_requests_with_repeats_are_enough_to_tell() -> None:
    assert "repeats" in kinds(advised(ORDINARY, statements=(statement(20, requests=5),)))
    assert "repeats" not in kinds(advised(ORDINARY, statements=(statement(20, requests=4),)))


def test_statements_that_repeat_and_take_little_of_the_time_are_less_urgent() -> None:
    assert the("repeats", advised(ORDINARY, statements=(statement(6, seconds=0.00005),))).severity == "medium"


def test_a_statement_that_is_executed_once_or_twice_is_nothing_to_speak_of() -> None:
    assert kinds(advised(ORDINARY, statements=(statement(1), statement(2)))) == kinds(advised(ORDINARY))


def test_one_odd_request_makes_no_pattern() -> None:
    assert "repeats" not in kinds(advised(ORDINARY, statements=(statement(1, most=50),)))
    assert "repeats" not in kinds(advised(ORDINARY, statements=(statement(50, requests=2),)))


def test_one_statement_with_most_of_the_time_is_to_be_explained() -> None:
    slow = route("/search", split=split(wall=0.05, cpu=0.005, sql=0.045, statements=1.0))
    found = the("statement", advised(slow, statements=(statement(1, seconds=0.045),)))
    assert "90 % of its time" in found.title
    assert "EXPLAIN" in found.do
    assert found.gain == pytest.approx(5000 * 100 / 500 * 0.045)


def test_a_transaction_that_waits_to_begin_waits_for_another_writer_and_not_for_an_index() -> None:
    slow = route("/favour", "POST", split=split(wall=0.05, cpu=0.005, sql=0.045, statements=3.0))
    begin, commit = (replace(statement(1, seconds=0.045), text=text) for text in ("BEGIN IMMEDIATE", "COMMIT"))
    found = the("statement", advised(slow, statements=(begin,)))
    assert "BEGIN is 90 % of its time" in found.title
    assert "one at a time" in found.do
    assert "EXPLAIN" not in found.do
    assert "disk" in the("statement", advised(slow, statements=(commit,))).do


def test_a_statement_with_a_part_of_the_time_is_left_alone() -> None:
    slow = route("/search", split=split(wall=0.05, cpu=0.02, sql=0.015, statements=1.0))
    assert "statement" not in kinds(advised(slow, statements=(statement(1, seconds=0.015),)))


def test_a_quick_statement_is_left_alone_whatever_its_share() -> None:
    quick = route("/key", split=split(wall=0.002, cpu=0.001, sql=0.0015, statements=1.0))
    assert "statement" not in kinds(advised(quick, statements=(statement(1, seconds=0.0015),)))


def test_statements_that_repeat_are_named_once() -> None:
    many = route("/list", split=split(wall=0.05, cpu=0.01, sql=0.04, statements=20.0))
    found = kinds(advised(many, statements=(statement(20, seconds=0.002),)))
    assert "repeats" in found
    assert "statement" not in found


def test_a_pool_with_fewer_connections_than_threads_is_too_small() -> None:
    found = the("pool", advised(ORDINARY, serving=Serving(pool=2)))
    assert "DATABASE_POOL_SIZE to 4" in found.do
    assert found.severity == "medium"
    assert the("pool", advised(ORDINARY, serving=Serving(pool=2), peak=BUSY)).severity == "high"


def test_a_pool_for_every_thread_is_large_enough() -> None:
    assert "pool" not in kinds(advised(ORDINARY, serving=Serving(pool=4)))


def test_a_pool_that_follows_the_threads_is_large_enough() -> None:
    assert "pool" not in kinds(advised(ORDINARY, workers=(worker(threads=64),), serving=Serving(pool=None)))


def test_the_threads_that_count_are_those_that_the_workers_tell_of() -> None:
    assert "pool" in kinds(advised(ORDINARY, workers=(worker(threads=16),), serving=Serving(pool=5)))


def test_an_application_without_a_database_needs_no_connections() -> None:
    assert "pool" not in kinds(advised(route(), serving=Serving(pool=1)))
