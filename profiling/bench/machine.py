"""On what the numbers were measured; without it they say little."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("gunicorn", "flask", "werkzeug", "sqlalchemy", "orjson", "pydantic", "psycopg", "hotroute")


def describe() -> dict[str, str]:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return {
        "CPU": f"{processor()}, {os.cpu_count()} cores",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "packages": f"{packages}, SQLite {sqlite3.sqlite_version}",
    }


def processor() -> str:
    """The model that Linux tells (proc_cpuinfo(5)); elsewhere what the platform does."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def load() -> str:
    """The load average of the last minute, five and fifteen."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())
