"""Requests that were kept: their list, and one of them with its waterfall and flame graph."""

import re

from flask import Response, jsonify

from hotroute.profiler.dashboard.blueprint import blueprint, history, show
from hotroute.profiler.dashboard.charts import flame_graph, time_breakdown, waterfall
from hotroute.profiler.dashboard.query_args import read, value
from hotroute.profiler.model.results import StoredSample

KINDS = {"": "All", "slow": "Slow", "failed": "Failed", "sample": "Others"}
MOST = 200
UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@blueprint.get("/requests")
def requests() -> str:
    asked = read()
    kind = value("kind") if value("kind") in KINDS else ""
    return show(
        "requests", asked, kinds=KINDS, kind=kind, heads=history().samples(asked.span, kind, limit=MOST), MOST=MOST
    )


@blueprint.get("/requests/<id>")
def sample(id: str) -> str | tuple[str, int]:  # noqa: A002  # it is what the log's lines call it
    found = history().sample(id)
    if found is None:
        return not_kept()
    one = found.sample
    lines = waterfall.lines(one)
    return show(
        "sample",
        read(),
        kept=found,
        sample=one,
        parts=time_breakdown.parts(one.request.seconds, one.cpu, one.sql, one.cache_seconds, one.outgoing),
        lines=lines,
        repeated=waterfall.repeated(lines),
        flame=flame_graph.draw(one.stack, int(value("frame")) if value("frame").isdecimal() else 0),
        shade=flame_graph.shade,
    )


@blueprint.get("/requests/<id>/stack.txt")
def folded(id: str) -> Response | tuple[str, int]:  # noqa: A002
    found = history().sample(id)
    if found is None or not found.sample.stack:
        return not_kept()
    return attached(
        Response(f"{found.sample.stack.rstrip()}\n", content_type="text/plain; charset=utf-8"), found, "txt"
    )


@blueprint.get("/requests/<id>/stack.speedscope.json")
def speedscope(id: str) -> Response | tuple[str, int]:  # noqa: A002
    found = history().sample(id)
    if found is None or not found.sample.stack:
        return not_kept()
    asked = found.sample.request
    response = jsonify(flame_graph.speedscope(found.sample.stack, f"{asked.method} {asked.route}"))
    return attached(response, found, "speedscope.json")


def attached(response: Response, found: StoredSample, suffix: str) -> Response:
    name = f"{UNSAFE.sub('_', found.sample.id)}.{suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def not_kept() -> tuple[str, int]:
    return show("no_sample", read()), 404
