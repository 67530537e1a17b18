"""Every interleaving of writers, readers and mishaps: the protocol holds in all of them, and nothing simpler does."""

import inspect
import os
from dataclasses import replace

import pytest

from hotroute.cache.redis_client.client import Script
from hotroute.cache.store import redis
from tests.cache.model.explore import Explored, explore
from tests.cache.model.protocol import (
    BROKEN,
    BROKEN_VOUCHING,
    GLANCED,
    SCENARIOS,
    STEPS,
    VOUCHED,
    Protocol,
    Scenario,
)
from tests.cache.model.steps import Model

LONG = int(os.environ.get("PROVE_MODEL", "0"))
"""Set it to explore larger worlds, for some minutes."""

LARGEST = (
    "the server restarts empty (R12)",
    "two writers, the server restarts with a snapshot",
    "vouched for: it restarts twice, and the writer crashes",
    "vouched for: nobody knows whether it was committed",
    "vouched for: two writers",
)
"""Each is there in a smaller form too."""

WORLDS = {name: world for name, world in (SCENARIOS | GLANCED | VOUCHED).items() if LONG or name not in LARGEST}
if LONG:
    WORLDS |= {f"{name}, glanced at": replace(scenario, glances=True) for name, scenario in SCENARIOS.items()}


def run(model: Model) -> Explored:
    return explore(model.start(), model.moves, model.wrong, model.same)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.matrix("name")
def test_the_protocol_holds(name: str) -> None:
    found = run(Model(Protocol(), WORLDS[name]))
    assert not found.violation, "\n".join((found.violation, *found.schedule))
    assert found.worlds > 500


@pytest.mark.parametrize("name", BROKEN | BROKEN_VOUCHING)
@pytest.mark.matrix("name")
def test_a_broken_protocol_is_found_out(name: str) -> None:
    """By the promises that it breaks, each with a shortest schedule, and by no others."""
    broken = (BROKEN | BROKEN_VOUCHING)[name]
    found = {promise: run(Model(broken.protocol, broken.scenario, promise)) for promise in "ABS"}
    for promise, explored in found.items():
        print(f"{name} ({broken.races}), {promise}: {', '.join(explored.schedule) or 'holds'}")
    assert "".join(promise for promise in "ABS" if found[promise].violation) == broken.breaks
    assert not run(Model(Protocol(), broken.scenario)).violation, "it is the protocol, not the scenario"


def test_the_comparison_in_save_is_a_second_lock() -> None:
    """What hits and waiters compare is enough; SAVE only keeps an old answer from replacing a newer one."""
    model = Model(replace(Protocol(), compares=False), Scenario(happens={"evict": 1, "crash": 1}))
    assert not run(model).violation


def test_each_step_of_the_model_is_a_step_of_the_code() -> None:
    scripts = {script.source for script in vars(redis).values() if isinstance(script, Script)}
    assert len(scripts) == 7, "a script that the model does not know"
    assert all(inspect.isfunction(code) for code in STEPS.values())
    assert {*Protocol().writer, *Protocol().voucher} <= {*STEPS, "RETURN"}


def test_larger_worlds_hold_too() -> None:
    """PROVE_MODEL=1 in make prove."""
    everything = {"crash": 1, "expire": 2, "evict": 1, "restart": 1} if LONG else {"crash": 1, "restart": 1}
    model = Model(Protocol(), Scenario(readers=2 if LONG else 1, happens=everything))
    found = run(model)
    assert not found.violation, "\n".join((found.violation, *found.schedule))
