"""A line of requests over time, small enough for a row of a table: there may be hundreds of them in a page."""

from collections.abc import Sequence
from itertools import pairwise

STEP, HEIGHT = 20, 96
"""Of the viewBox, whose width is `width`; the style sheet gives it its size. Whole numbers are fine enough."""


def path(numbers: Sequence[float], *, closed: bool = False) -> str:
    """The `d` of an SVG path: a line through the numbers, or the area below it; "" where all are nothing."""
    highest = max(numbers, default=0)
    if highest <= 0:
        return ""
    shown = list(numbers) if len(numbers) > 1 else [*numbers, *numbers]
    heights = [round(HEIGHT * 0.96 - number / highest * HEIGHT * 0.9) for number in shown]
    line = "".join(f"l{STEP}{after - before:+d}" for before, after in pairwise(heights))
    # Relative coordinates; "-" parts two numbers as well as a space, and "+" is none of SVG's.
    line = f"M0 {heights[0]}{line.replace('+', ' ')}"
    return f"{line}V{HEIGHT}H0Z" if closed else line


def width(numbers: Sequence[float]) -> int:
    return STEP * max(1, len(numbers) - 1)
