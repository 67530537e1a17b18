"""One route's page: its latency, where its time goes, its statements, its slowest requests."""

from hotroute.profiler.dashboard.blueprint import blueprint, history, show
from hotroute.profiler.dashboard.charts import latency_histogram, time_breakdown
from hotroute.profiler.dashboard.charts.waterfall import SUSPICIOUS
from hotroute.profiler.dashboard.hit_ratio import hits
from hotroute.profiler.dashboard.query_args import read, value
from hotroute.profiler.model.results import TimeBreakdown

STEPS = 120


@blueprint.get("/route")
def route() -> str | tuple[str, int]:
    asked = read()
    name, method = value("route"), value("method")
    try:
        found = history().route(asked.span, name, method, steps=STEPS)
    except LookupError:
        return show("no_route", asked, name=name, method=method), 404
    drawn = latency_histogram.draw(found.histogram)
    latency = found.summary.latency
    return show(
        "route",
        asked,
        found=found,
        hits=hits(found.summary.cache),
        parts=parts(found.summary.split),
        histogram=drawn,
        marks=drawn.marks({"p50": latency.p50, "p95": latency.p95, "p99": latency.p99}) if drawn else [],
        SUSPICIOUS=SUSPICIOUS,
    )


def parts(found: TimeBreakdown | None) -> list[time_breakdown.Part]:
    return time_breakdown.parts(found.wall, found.cpu, found.sql, found.cache, found.outgoing) if found else []
