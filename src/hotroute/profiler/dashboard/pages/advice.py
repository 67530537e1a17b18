"""What to do, from what was measured; the first page asks for it when it is there itself, for it takes a while."""

import os

from hotroute.profiler.advice import Advice, Serving, advise, words
from hotroute.profiler.dashboard.blueprint import blueprint, dashboard, history, show
from hotroute.profiler.dashboard.query_args import PageQuery, read

MOST = 4
"""On the first page."""


@blueprint.get("/advice")
def advice() -> str:
    asked = read()
    return show("advice", asked, found=advices(asked), number_of=words.number)


@blueprint.get("/advice/in-short")
def advice_in_short() -> str:
    """A part of the first page, without a page around it."""
    asked = read()
    # That too little was measured is told, that all is well is not.
    found = [each for each in advices(asked) if each.severity != "low" or each.kind == "data"]
    return show("advice_in_short", asked, found=found, MOST=MOST)


def advices(asked: PageQuery) -> list[Advice]:
    """Of the span, or of the same one a moment ago."""
    key = tuple(asked.kept.items())
    return dashboard().advices.get(key, lambda: advise(history(), asked.span, Serving.read(os.environ)))
