"""Numbers as one reads them: three digits that matter, and the unit that fits."""

from datetime import UTC, datetime

NARROW = "\u202f"
"""A no-break space of the width that typographers put between a number and its unit."""

NONE = "\u2013"
MINUS = "\u2212"
TIMES = "\u00d7"

DURATIONS = ((1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms"), (60.0, 1.0, "s"), (3600.0, 60.0, "min"), (86400.0, 3600.0, "h"))
SIZES = ("B", "kB", "MB", "GB", "TB")


def duration(seconds: float | None) -> str:
    """0.00421 is "4.21 ms"; a dash where there is none."""
    if not seconds:
        return NONE
    for below, unit, name in DURATIONS:
        if seconds < below * 0.9995:
            return f"{digits(seconds / unit)}{NARROW}{name}"
    return f"{digits(seconds / 86400)}{NARROW}d"


def tick(seconds: float) -> str:
    """A round duration, for an axis: "1 ms"."""
    return duration(seconds).replace(".00", "").replace(".0", "")


def digits(number: float) -> str:
    """Three that matter, and thousands apart: "0.0421", "4.21", "421", "42,100"."""
    if number == 0:
        return "0"
    if abs(number) >= 99.95:
        return f"{number:,.0f}"
    places = 1 if abs(number) >= 9.995 else 2
    return f"{number:.{places}f}"


def count(number: float) -> str:
    """12345 is "12,345", and 1234567 is "1.23 M"."""
    for above, name in ((1e9, "bn"), (1e6, "M")):
        if abs(number) >= above:
            return f"{digits(number / above)}{NARROW}{name}"
    return f"{number:,.0f}"


def mean(number: float) -> str:
    """Such as statements for each request: "0", "<0.1", "1", "2.5", "21.3"."""
    if 0 < number < 0.05:
        return "<0.1"
    return f"{number:,.1f}".removesuffix(".0")


def rate(number: float) -> str:
    """For each second; what is rarer, for each minute or hour."""
    if number >= 1 or number == 0:
        return f"{digits(number) if number else 0}/s"
    if number * 60 >= 1:
        return f"{digits(number * 60)}/min"
    return f"{digits(number * 3600)}/h"


def share(part: float, whole: float = 1.0) -> str:
    """0.0421 is "4.2 %"; what is not nothing is not shown as nothing, nor what is not all as all."""
    if not whole:
        return NONE
    found = part / whole
    if found in (0.0, 1.0):
        return f"{found * 100:.0f}{NARROW}%"
    if found < 0.001:
        return f"<0.1{NARROW}%"
    if 0.999 < found < 1:
        return f">99.9{NARROW}%"
    return f"{found * 100:.1f}{NARROW}%" if found < 1 else f"{found * 100:,.0f}{NARROW}%"


def size(number: float | None) -> str:
    """Bytes, by thousands; a dash where the number is not known."""
    if number is None:
        return NONE
    step = 0
    while number >= 999.5 and step < len(SIZES) - 1:
        number, step = number / 1000, step + 1
    return f"{digits(number) if step else round(number)}{NARROW}{SIZES[step]}"


def moment(time: float) -> str:
    """Unix seconds as "20 Nov 07:25:53", in UTC."""
    return f"{at(time):%-d %b %H:%M:%S}"


def iso(time: float) -> str:
    """For an attribute `datetime`."""
    return f"{at(time):%Y-%m-%dT%H:%M:%SZ}"


def minute(time: float) -> str:
    """For the value of an `<input type="datetime-local">`, which here is in UTC."""
    return f"{at(time):%Y-%m-%dT%H:%M}"


def clock(time: float, step: float) -> str:
    """A moment of a chart whose steps are so many seconds wide."""
    return f"{at(time):%-d %b %H:%M}" if step >= 900 else f"{at(time):%H:%M:%S}"


def change(before: float, after: float) -> str:
    """In percent, or how many times where it is more than doubled; "" where there is nothing to compare with."""
    if not before or not after:
        return ""
    ratio = after / before
    if ratio >= 2:
        return f"{TIMES}{digits(ratio)}"
    percent = round((ratio - 1) * 100)
    return f"{percent:+d}{NARROW}%".replace("-", MINUS) if percent else ""


def at(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
