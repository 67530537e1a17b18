"""The workers' page: how busy their threads are, what they take, and what watching them costs."""

from hotroute.profiler.dashboard.blueprint import blueprint, history, show
from hotroute.profiler.dashboard.pages.overview import threads
from hotroute.profiler.dashboard.query_args import read

STEPS = 90


@blueprint.get("/workers")
def workers() -> str:
    asked = read()
    found = history().workers(asked.span, steps=STEPS)
    ordered = sorted(found.workers, key=lambda each: (not each.alive, -each.seen))
    return show("workers", asked, found=found, workers=ordered, threads=threads(found))
