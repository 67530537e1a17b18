"""What `hotroute advise` does."""

import json
import sys
import time
from collections.abc import Mapping

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from hotroute.cache.cli.explain import CannotExplain, load
from hotroute.profiler.advice import Serving, advise, location, output
from hotroute.profiler.options import EXTENSION
from hotroute.profiler.queries.history import History

NEWEST = 5


class CannotAdvise(RuntimeError):
    """There is nothing to read; the message says what to do."""


def run(environ: Mapping[str, str], length: str, release: str, as_json: bool, app: str = "") -> None:
    """Print the advice on the last `length` of what was recorded.

    Args:
        app: "module:name" of the application whose records are meant; the environment says where without one.

    Raises:
        CannotAdvise: there is no storage, it does not answer, or it knows no such release.
        SettingError: a variable or the length has a value that cannot be used.
    """
    span, serving = location.last(length, time.time(), release), Serving.read(environ)
    url = url_of(app) if app else location.storage_url(environ)
    if missing := location.missing_file(url):
        raise CannotAdvise(
            f"there is no {missing}: nothing has been recorded. Serve with the profiler on (PROFILER_ENABLED), and set"
            " DATA_DIR or PROFILER_URL as there; or name an application that has Options(url=...) with --app."
        )
    history = History(url)
    try:
        refuse_unknown(history, release)
        advice = advise(history, span, serving)
    except SQLAlchemyError as error:
        raise CannotAdvise(f"the profiler's storage cannot be read: {reason(error)}") from error
    if as_json:
        print(json.dumps(output.document(span, serving, advice), indent=2))
    else:
        output.show(Console(width=None if sys.stdout.isatty() else 100, highlight=False), advice)


def url_of(app: str) -> str:
    """Return where an application's profiler keeps its records."""
    try:
        recorder = load(app).extensions.get(EXTENSION)
    except CannotExplain as reason:
        raise CannotAdvise(str(reason)) from None
    if recorder is None:
        raise CannotAdvise(f"{app} has no profiler: call hotroute.profiler.init_app(app, Options(url=...))")
    return str(recorder.options.url)


def refuse_unknown(history: History, release: str) -> None:
    known = [each.name for each in history.releases()]
    if release and release not in known:
        names = ", ".join(known[-NEWEST:]) or "none"
        raise CannotAdvise(f"nothing was recorded of the release {release!r}; the newest that are known: {names}")


def reason(error: SQLAlchemyError) -> str:
    """The driver's own words, on a line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:500]
