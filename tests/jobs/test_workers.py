"""Workers and brokers that come to an end while they have jobs."""

import os
import signal

import pytest

from hotroute.jobs.extension import get_state
from tests.jobs.conftest import Site

pytestmark = [pytest.mark.timeout(400), pytest.mark.matrix("broker")]


def test_a_job_whose_worker_is_killed_is_taken_over(site: Site) -> None:
    with site.worker() as first:
        location = site.ask("write-slowly", "orphan")
        process = site.wait_until_begun("orphan")
        os.killpg(first.pid, signal.SIGKILL)
        kill_if_alive(process)
        with site.worker():
            site.wait_until_begun("orphan", attempt=2)
            site.let_go("orphan")
            site.wait_for(location, "succeeded")
    assert site.effects("orphan") == 1


def test_a_worker_that_is_told_to_stop_finishes_its_job_first(site: Site) -> None:
    with site.worker() as running:
        location = site.ask("write-slowly", "deploy")
        site.wait_until_begun("deploy")
        os.kill(running.pid, signal.SIGTERM)
        site.let_go("deploy")
        running.process.wait(60)
    assert (site.show(location)["state"], site.show(location)["attempt"]) == ("succeeded", 1)


def test_jobs_wait_for_a_broker_that_is_killed(site: Site) -> None:
    waiting = site.ask("write-word", "before the kill")
    state = get_state(site.app)
    state.publisher.waiting.join()
    site.broker.kill()
    asked = site.ask("write-word", "while it is away")
    site.broker.start()
    with site.worker():
        site.wait_for(waiting, "succeeded")
        site.wait_for(asked, "succeeded")
    assert (site.effects("before the kill"), site.effects("while it is away")) == (1, 1)


def kill_if_alive(process: int) -> None:
    """RQ's work horse outlives its worker's process group."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return
