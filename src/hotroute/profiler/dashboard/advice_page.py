"""What to do, from what was measured; the first page asks for it when it is there itself, for it takes a while."""

import os

from hotroute.profiler.advice import Serving, advise, words
from hotroute.profiler.dashboard.asked import read
from hotroute.profiler.dashboard.blueprint import blueprint, history, show

MOST = 4
"""On the first page."""


@blueprint.get("/advice")
def advice() -> str:
    asked = read()
    return show("advice", asked, found=advise(history(), asked.span, serving()), number_of=words.number)


@blueprint.get("/advice/in-short")
def advice_in_short() -> str:
    """A part of the first page, without a page around it."""
    asked = read()
    # That too little was measured is told, that all is well is not.
    found = [each for each in advise(history(), asked.span, serving()) if each.severity != "low" or each.kind == "data"]
    return show("advice_in_short", asked, found=found, MOST=MOST)


def serving() -> Serving:
    return Serving.read(os.environ)
