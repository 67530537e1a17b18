"""Numbers as people read them."""


def percent(share: float) -> str:
    """0.0834 -> "8 %"; what is more than nothing does not look like nothing."""
    return "under 1 %" if 0 < share < 0.01 else f"{share * 100:.0f} %"


def duration(seconds: float) -> str:
    """Three digits at most: "84 us", "1.2 ms", "2.5 s", "3.2 min"."""
    for factor, unit in ((1e6, "us"), (1e3, "ms"), (1.0, "s")):
        if (value := seconds * factor) < 1000 and (unit != "s" or value < 120):
            return f"{value:.3g} {unit}"
    return f"{seconds / 60:,.3g} min" if seconds < 6000 else f"{seconds / 3600:,.1f} h"


def count(number: float) -> str:
    """1234.0 -> "1,234"; below ten with two digits: 0.04 -> "0.04", 3.14 -> "3.1"."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def number(name: str, value: float | str) -> str:
    """A number of an `Advice`, by the unit at the end of its name: ("wall_seconds", 0.012) -> "12 ms"."""
    if isinstance(value, str):
        return value
    if name.endswith("seconds"):
        return duration(value)
    return percent(value) if name.endswith(("share", "ratio", "of_all_cpu", "of_all_time")) else count(value)


def many(number: int, what: str) -> str:
    """(1, "worker") -> "1 worker", (2, "worker") -> "2 workers"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def megabytes(number: float) -> str:
    return f"{number / 1e6:,.0f} MB"


def shortened(text: str, most: int = 160) -> str:
    """On one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def name(route: str, method: str) -> str:
    return f"{method} {route}"
