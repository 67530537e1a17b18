"""What all pages of the dashboard share: the blueprint, behind its guard, the history, and the words of a template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request, url_for

from hotroute.assets import Assets
from hotroute.profiler.advice import Advice
from hotroute.profiler.dashboard import auth, query_args, units
from hotroute.profiler.dashboard.charts import sparkline
from hotroute.profiler.dashboard.overview_totals import Overview
from hotroute.profiler.dashboard.ttl_cache import TtlCache
from hotroute.profiler.options import Options
from hotroute.profiler.queries.history import History

EXTENSION = "profiler_dashboard"
ADVICE_SECONDS = 60.0
"""It takes a hundred times as long as a page, and each look at the first page asks for it."""

OVERVIEW_SECONDS = 5.0
"""Less than a thousandth of a span that is `LONG`: who sorts or filters its routes need not wait for it to be read."""

assets = Assets("hotroute.profiler.dashboard")
blueprint = Blueprint("profiler", __name__, template_folder="templates")
auth.protect(blueprint)


@dataclass(frozen=True)
class Dashboard:
    """What an application's dashboard is made from."""

    options: Options
    history: History
    advices: TtlCache[list[Advice]] = field(default_factory=lambda: TtlCache(ADVICE_SECONDS))
    overviews: TtlCache[Overview] = field(default_factory=lambda: TtlCache(OVERVIEW_SECONDS))


def dashboard() -> Dashboard:
    return cast(Dashboard, current_app.extensions[EXTENSION])


def history() -> History:
    return dashboard().history


def show(template: str, wanted: query_args.PageQuery, **values: Any) -> str:
    """A page: the template, with what every one of them needs."""

    def here(**changes: str | int | None) -> str:
        """This page with other values in its query; None takes one out."""
        return address(request.path, request.args.to_dict() | changes)

    def to(page: str, **query: str) -> str:
        """Another page about the same span and release."""
        return address(url_for(f"profiler.{page}"), {**wanted.kept, **query})

    def to_kept(id: str, rest: str = "") -> str:  # noqa: A002
        """A kept request's page, or what is below it."""
        return address(f"{url_for('profiler.sample', id=id)}{rest}", wanted.kept)

    def to_export(table: str, form: str) -> str:
        return address(url_for("profiler.export", table=table, form=form), wanted.kept)

    return render_template(
        f"profiler/{template}.html",
        asked=wanted,
        is_live=wanted.is_live,
        read=history().read(wanted.span),
        releases=releases(),
        here=here,
        here_path=request.path,
        to=to,
        to_kept=to_kept,
        to_export=to_export,
        **common(),
        **values,
    )


def address(path: str, query: Mapping[str, str | int | None]) -> str:
    """Not by `url_for`: it takes some names, such as `_scheme`, for itself, and a query may have any."""
    return f"{path}?{urlencode({name: value for name, value in query.items() if value is not None})}".rstrip("?")


def releases() -> list[str]:
    return [release.name for release in history().releases()]


def common() -> dict[str, Any]:
    return {
        "asset": assets.url,
        "root": url_for("profiler.overview"),
        "units": units,
        "sparkline": sparkline,
        "SPANS": query_args.SPANS,
    }
