"""For other programs: tables as CSV or JSON below the dashboard, and /metrics for Prometheus, behind the same guard."""

import logging

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from hotroute.profiler.dashboard import auth
from hotroute.profiler.dashboard.blueprint import blueprint, history
from hotroute.profiler.dashboard.query_args import read
from hotroute.profiler.queries import export as queries_export

log = logging.getLogger(__name__)
metrics_blueprint = Blueprint("profiler-metrics", __name__)
auth.protect(metrics_blueprint)


@blueprint.get("/export/<table>.<form>")
def export(table: str, form: str) -> Response:
    if table not in queries_export.TABLES or form not in queries_export.FORMS:
        abort(404, "There is no such export.")
    found = queries_export.export(history(), table, form, read().span)
    response = Response(found.body, content_type=found.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    return response


@metrics_blueprint.get("/metrics")
def metrics() -> Response:
    body, content_type = queries_export.metrics(history(), request.headers.get("Accept", ""))
    return Response(body, content_type=content_type)


@metrics_blueprint.errorhandler(SQLAlchemyError)
def answer_unreadable(error: Exception) -> Response:
    log.warning("the profiler's storage cannot be read: %s", error)
    return Response("The profiler's storage cannot be read.\n", 503, content_type="text/plain; charset=utf-8")
