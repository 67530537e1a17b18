"""Flask-Profiler's own page and JSON API, answered from what ours has recorded, and made safe here and nowhere else."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from inspect import unwrap
from itertools import groupby
from time import localtime, strftime, time
from typing import Any

from flask import Flask, Response, abort, current_app, request
from flask_profiler.storage.base import BaseStorage  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError

from hotroute.assets import Assets
from hotroute.profiler.dashboard import auth
from hotroute.profiler.flask_profiler import instrument
from hotroute.profiler.model import resolutions
from hotroute.profiler.model.results import RouteSummary, SampleHead, StoredSample, TimeRange
from hotroute.profiler.options import EXTENSION

BLUEPRINT = "flask-profiler"
DESTRUCTIVE = {f"{BLUEPRINT}.deleteDatabase"}
"""That are asked for by GET, so that any page which an administrator visits could do it."""

# Its charts and tables set style attributes; it needs neither inline script nor eval, nor anybody else's server.
POLICY = auth.POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src", "font-src 'self' data:; img-src"
)
FRAME = re.compile(r"<iframe\b.*?</iframe>", re.DOTALL)
DELETION = re.compile(r'<button type="button" class="btn btn-danger delete-database".*?</button>', re.DOTALL)
UNSAFE = re.compile(r"[^\w .:/=-]")
WEEK, MOST = 7 * 24 * 3600.0, 500
MOST_HOURS = 24 * 366
COLUMNS = ("method", "name", "count", "minElapsed", "maxElapsed", "avgElapsed", "elapsed", "startedAt", "endedAt")


def harden(app: Flask) -> None:
    """Let only those in who may see the dashboard, and take out what Flask-Profiler 1.8.1 has that is not safe.

    Its own check of the password is one for all applications of a process, and not in constant time.
    """
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{BLUEPRINT}.") and endpoint != f"{BLUEPRINT}.static":
            app.view_functions[endpoint] = unwrap(view)
    app.view_functions[f"{BLUEPRINT}.index"] = page
    app.before_request_funcs.setdefault(BLUEPRINT, []).append(refuse_destruction)
    app.after_request_funcs.setdefault(BLUEPRINT, []).append(restrict)
    app.error_handler_spec[BLUEPRINT][None][SQLAlchemyError] = unavailable
    auth.protect_registered(app, BLUEPRINT)


def refuse_destruction() -> None:
    if request.endpoint in DESTRUCTIVE:
        abort(405, valid_methods=[])


def restrict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def unavailable(_error: Exception) -> tuple[str, int]:
    return "What was recorded cannot be read now, or nothing was recorded yet.\n", 503


def page() -> Response:
    """Its page without the frame of another site and the button that deletes everything, and with an icon of ours."""
    html = files("flask_profiler").joinpath("static", "dist", "index.html").read_text()
    icon = f'<link rel="icon" href="{Assets("hotroute.profiler.dashboard").url("icon.svg")}"></head>'
    return Response(DELETION.sub("", FRAME.sub("", html)).replace("</head>", icon), mimetype="text/html")


class Storage(BaseStorage):  # type: ignore[misc]
    """What Flask-Profiler calls its storage. It has one for the whole process; each application has its own history."""

    def __init__(self, config: object = None) -> None:
        super().__init__()
        self.config = config

    def insert(self, measurement: dict[str, Any]) -> None:
        instrument.measured(measurement)

    def filter(self, criteria: Mapping[str, str]) -> list[dict[str, Any]]:
        """The requests that were looked at closely."""
        asked = Criteria(criteria)
        heads = [head for head in history().samples(asked.span, limit=MOST) if asked.wants(head)]
        found = [of_head(head) for head in heads]
        return asked.sorted(found, "endedAt")[asked.skip : asked.skip + asked.limit]

    def get(self, identity: str) -> dict[str, Any]:
        kept = history().sample(identity)
        return of_sample(kept) if kept else abort(404)

    def getSummary(self, criteria: Mapping[str, str] | None = None) -> list[dict[str, Any]]:  # noqa: N802
        asked = Criteria(criteria or {})
        found = [of_route(each) for each in history().routes(asked.span, steps=1)]
        return asked.sorted([each for each in found if each["maxElapsed"] >= asked.elapsed], "count")

    def getTimeseries(self, criteria: Mapping[str, str]) -> dict[str, int]:  # noqa: N802
        return dict(timeseries(Criteria(criteria), daily=criteria.get("interval") == "daily"))

    def getMethodDistribution(self, criteria: Mapping[str, str]) -> dict[str, int]:  # noqa: N802
        found = dict[str, int]()
        for route in history().routes(Criteria(criteria).span, steps=1):
            found[route.method] = found.get(route.method, 0) + route.requests
        return found

    def truncate(self) -> bool:
        return False


class Criteria:
    """What a query asks for, whatever it says: numbers are numbers, and names are only compared.

    Attributes:
        sort: a column and whether the greatest come first.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        now = time()
        end = number(given, "endedAt", now + 0.5)
        self.span = TimeRange(min(number(given, "startedAt", now - WEEK), end), end)
        self.elapsed = number(given, "elapsed", 0.0)
        self.method, self.name = given.get("method", ""), given.get("name", "")
        self.skip = int(min(max(number(given, "skip", 0), 0), 1e9))
        self.limit = int(min(max(number(given, "limit", 100), 0), MOST))
        self.sort = given.get("sort", "")

    def wants(self, head: SampleHead) -> bool:
        named = self.name in {"", head.route} and self.method in {"", head.method}
        return named and head.seconds >= self.elapsed

    def sorted(self, found: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
        wanted, _, direction = self.sort.partition(",")
        column = wanted if wanted in COLUMNS and found and wanted in found[0] else column
        return sorted(found, key=lambda each: each[column], reverse=direction != "asc")


def number(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(given.get(name) or default)
    except ValueError:
        return default
    # Not NaN, and within the years of a calendar.
    return value if 0 <= value < 1e11 else default


def timeseries(asked: Criteria, *, daily: bool) -> Iterator[tuple[str, int]]:
    """Requests by local hour or day, those without any included; hours that are kept together are told as the first."""
    form = "%Y-%m-%d" if daily else "%Y-%m-%d %H"
    end = resolutions.ceiling(asked.span.end, resolutions.HOUR)
    start = max(resolutions.floor(asked.span.start, resolutions.HOUR), end - MOST_HOURS * resolutions.HOUR)
    found = history().requests(TimeRange(start, end), steps=(end - start) // resolutions.HOUR)
    for hour, moments in groupby(found, key=lambda moment: strftime(form, localtime(moment))):
        yield hour, sum(found[moment] for moment in moments)


def history() -> Any:
    return current_app.extensions[EXTENSION].history


def of_route(route: RouteSummary) -> dict[str, Any]:
    return {
        "method": route.method,
        "name": route.route,
        "count": route.requests,
        "minElapsed": route.latency.shortest,
        "maxElapsed": route.latency.longest,
        "avgElapsed": route.seconds / route.requests if route.requests else 0.0,
    }


def of_head(head: SampleHead) -> dict[str, Any]:
    context = {"status": head.status, "cache": head.cache, "kind": head.kind, "release": head.release, "cpu": head.cpu}
    return measurement(head.id, head.route, head.method, head.time, head.seconds, context)


def of_sample(kept: StoredSample) -> dict[str, Any]:
    sample, asked = kept.sample, kept.sample.request
    context = {
        "status": asked.status,
        "cache": asked.cache,
        "kind": sample.kind,
        "release": kept.release,
        "cpu": sample.cpu,
        "view": sample.view,
        "sql": sample.sql,
        "events": len(sample.events) + sample.left_out,
    }
    return measurement(sample.id, asked.route, asked.method, asked.time, asked.seconds, context)


def measurement(  # noqa: PLR0913, PLR0917
    identity: str, route: str, method: str, began: float, seconds: float, context: dict[str, Any]
) -> dict[str, Any]:
    """As Flask-Profiler has it. Its page puts a context into an attribute: no string in it has a character for that."""
    safe = {name: UNSAFE.sub("_", value) if isinstance(value, str) else value for name, value in context.items()}
    return {
        "id": identity,
        "name": route,
        "method": method,
        "startedAt": began,
        "endedAt": began + seconds,
        "elapsed": round(seconds, 6),
        "args": [],
        "kwargs": {},
        "context": safe,
    }
