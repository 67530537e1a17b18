"""Writers that cannot reach Redis, in every interleaving with those who can: and what makes the fence fall."""

from dataclasses import replace

import pytest

from tests.cache.model.explore import Explored, explore
from tests.cache.model.fence import STEPS, Design, FenceModel

SMALL, THREADS = Design(processes=(0,)), Design(processes=(0, 0), readers=1)
DESIGNS = {
    "two processes": Design(readers=1),
    "two threads of one process": THREADS,
    "one writer, two readers": Design(processes=(0,)),
}
BROKEN = {
    "Redis's time is read after the rows": replace(SMALL, renewer=("ROWS", "T0", "SET")),
    "nobody waits": replace(SMALL, writer=("ENSURE", "COMMIT")),
    "no row": replace(SMALL, writer=("CHECK", "WAITED", "COMMIT"), deadline=False),
    "readers do not ask for the fence": replace(SMALL, checks=False),
    "rows are deleted and nothing is bumped": replace(SMALL, drainer=("EXPIRED", "DELETE")),
    "rows are deleted before the bump": replace(SMALL, drainer=("EXPIRED", "DELETE", "BUMP")),
    "an expired row's writer commits": replace(SMALL, deadline=False),
    "a row that holds again is deleted": replace(THREADS, same=False),
    "another row than the one that stood says that somebody waited": replace(THREADS, born=False),
    "who finds one that waited has no row": replace(Design(readers=1), writer=("CHECK", "ENSURE", "WAITED", "COMMIT")),
}


def run(design: Design) -> Explored:
    model = FenceModel(design)
    return explore(model.start(), model.moves, model.wrong, model.same)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.matrix("name")
def test_the_fence_holds(name: str) -> None:
    found = run(DESIGNS[name])
    assert not found.violation, "\n".join((found.violation, *found.schedule))
    assert found.worlds > 500


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.matrix("name")
def test_a_fence_with_a_gap_is_found_out(name: str) -> None:
    found = run(BROKEN[name])
    print(f"{name}: {found.violation}: {', '.join(found.schedule)}")
    assert found.violation


def test_each_step_of_the_model_is_a_step_of_the_code() -> None:
    assert all(map(callable, STEPS.values()))
    assert {*Design().writer, *Design().renewer, *Design().drainer} == {*STEPS, "COMMIT"}
