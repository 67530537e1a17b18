"""A line of requests over time, small enough for a row of a table: there may be hundreds of them in a page."""

from collections.abc import Sequence
from itertools import pairwise

STEP, HEIGHT, BEYOND = 20, 96, 20
"""Of the viewBox, whose width is `width`; the style sheet gives it its size. Whole numbers are fine enough."""


def path(numbers: Sequence[float]) -> str:
    """The `d` of an SVG path: the area below the numbers, of which all edges but the upper are out of sight.

    "" where all are nothing.
    """
    highest = max(numbers, default=0)
    if highest <= 0:
        return ""
    shown = list(numbers) if len(numbers) > 1 else [*numbers, *numbers]
    heights = [round(HEIGHT * 0.96 - number / highest * HEIGHT * 0.9) for number in shown]
    line = "".join(f"l{STEP}{after - before:+d}" for before, after in pairwise(heights))
    # Relative coordinates; "-" parts two numbers as well as a space, and "+" is none of SVG's.
    return f"M-{BEYOND} {HEIGHT + BEYOND}V{heights[0]}H0{line.replace('+', ' ')}h{BEYOND}V{HEIGHT + BEYOND}z"


def width(numbers: Sequence[float]) -> int:
    return STEP * max(1, len(numbers) - 1)
