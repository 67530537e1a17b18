"""Jobs through real workers, over each backend and broker."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from hotroute.jobs.extension import get_state
from tests.jobs.conftest import CALLER, Site
from tests.servers import Server, wait_until

pytestmark = pytest.mark.timeout(400)


def test_a_request_is_answered_at_once_and_leads_to_the_result(site: Site, worker: Server) -> None:
    response = site.client.post("/words/happy", headers=CALLER)
    assert (response.status_code, response.headers["Retry-After"]) == (202, "1")
    assert '"state":"queued"' in response.text
    site.wait_for(response.headers["Location"], "succeeded")
    status = site.client.get(response.headers["Location"], headers=CALLER)
    assert status.status_code == 303
    assert site.client.get(status.headers["Location"], headers=CALLER).json == {"word": "happy"}
    assert site.effects("happy") == 1


def test_a_job_is_its_owners_alone(site: Site, worker: Server) -> None:
    location = site.ask("write-word", "mine")
    for method in ("GET", "DELETE"):
        assert site.client.open(location, method=method, headers={"X-Caller": "bob"}).status_code == 404
        assert site.client.open(location, method=method).status_code == 401
    site.wait_for(location, "succeeded")
    assert site.client.get(f"{location}/result", headers={"X-Caller": "bob"}).status_code == 404


def test_progress_is_shown_while_it_runs(site: Site, worker: Server) -> None:
    location = site.ask("write-slowly", "slow")
    wait_until(lambda: site.show(location)["progress"]["done"] == 1, "progress")
    assert site.show(location)["progress"] == {"done": 1, "total": 2, "message": "waiting"}
    site.let_go("slow")
    site.wait_for(location, "succeeded")


@pytest.mark.matrix("broker")
def test_a_running_job_is_cancelled_whether_it_reports_or_not(site: Site, worker: Server) -> None:
    for kind, word in (("write-slowly", "cancelled"), ("hang", "hanging")):
        location = site.ask(kind, word)
        site.wait_until_begun(word)
        assert site.client.delete(location, headers=CALLER).status_code == 200
        site.wait_for(location, "cancelled")
        assert site.effects(word) == 0


@pytest.mark.matrix("broker")
def test_a_failing_job_is_tried_again(site: Site, worker: Server) -> None:
    assert site.wait_for(site.ask("fail-twice", "third"), "succeeded")["attempt"] == 3
    assert site.effects("third") == 1


@pytest.mark.matrix("broker")
def test_a_job_that_fails_for_good_says_so_and_can_be_run_again(site: Site, worker: Server) -> None:
    location = site.ask("fail", "hopeless")
    shown = site.wait_for(location, "failed")
    assert (shown["attempt"], shown["problem"]["title"]) == (2, "ValueError")
    assert "hopeless" not in str(shown["problem"])
    with site.app.app_context():
        assert get_state().status.run_again(shown["id"])
    wait_until(lambda: site.show(location)["state"] != "failed", "another try")
    site.wait_for(location, "failed")


def test_a_message_that_is_delivered_again_changes_nothing(site: Site, worker: Server) -> None:
    location = site.ask("write-word", "twice")
    state = get_state(site.app)
    for _ in range(5):
        state.backend.publish(location.rpartition("/")[2], "cpu")
    site.wait_for(location, "succeeded")
    site.wait_for(site.ask("write-word", "after them"), "succeeded")
    assert site.effects("twice") == 1


def test_requests_with_one_idempotency_key_at_once_get_one_job(site: Site, worker: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(site.ask, "write-word", "once", **{"Idempotency-Key": "k-1"}) for _ in range(8)]
        locations = {each.result() for each in asked}
    assert len(locations) == 1
    site.wait_for(locations.pop(), "succeeded")
    assert site.effects("once") == 1


def test_a_key_of_another_job_is_refused(site: Site, worker: Server) -> None:
    site.ask("write-word", "first", **{"Idempotency-Key": "k-2"})
    response = site.client.post("/words/second", headers={**CALLER, "Idempotency-Key": "k-2"})
    assert response.status_code == 422
    response = site.client.post("/words/third", headers={**CALLER, "Idempotency-Key": "x" * 129})
    assert response.status_code == 400


@pytest.mark.matrix("broker")
def test_a_job_whose_process_is_killed_runs_again_and_has_its_effect_once(site: Site, worker: Server) -> None:
    location = site.ask("write-slowly", "killed")
    os.kill(site.wait_until_begun("killed"), signal.SIGKILL)
    site.wait_until_begun("killed", attempt=2)
    site.let_go("killed")
    site.wait_for(location, "succeeded")
    assert site.effects("killed") == 1


@pytest.mark.matrix("broker")
def test_a_job_is_forgotten_after_its_retention_and_said_to_have_been_there(site: Site, worker: Server) -> None:
    location = site.ask("write-word", "old")
    site.wait_for(location, "succeeded")
    state = get_state(site.app)
    assert state.status.expire(3600) == 0
    assert site.client.get(location, headers=CALLER).status_code == 303
    assert state.status.expire(-1) >= 1
    for path in (location, f"{location}/result"):
        assert site.client.get(path, headers=CALLER).status_code == 410
    assert site.client.get(location, headers={"X-Caller": "bob"}).status_code == 404
