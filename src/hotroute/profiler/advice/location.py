"""Where the profiler's records are, as the environment says, and which stretch of them is meant."""

import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url

from hotroute.profiler.model.results import TimeRange
from hotroute.settings import SettingError
from hotroute.settings.application import ProfilerStorage

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def storage_url(environ: Mapping[str, str]) -> str:
    """SQLAlchemy's URL: `PROFILER_URL`, or the file profiler.db in `DATA_DIR`.

    Raises:
        SettingError: it is no URL, or another variable of the records cannot be used.
    """
    return ProfilerStorage.read(environ).profiler


def missing_file(url: str) -> Path | None:
    """SQLite's file, where it is not there: nothing has been recorded yet, and opening it would make an empty one."""
    parsed = make_url(url)
    file = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None
    return file if file and not file.exists() else None


def last(text: str, now: float, release: str = "") -> TimeRange:
    """The span that ends now: "90s", "15m", "24h", "7d" or "4w" long.

    Raises:
        SettingError: it is none of these, or of no length.
    """
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower())
    if found is None or int(found[1]) == 0:
        raise SettingError(f"--span: {text!r} is no length of time such as 90s, 15m, 24h, 7d or 4w")
    return TimeRange(now - int(found[1]) * UNITS[found[2]], now, release)
