"""A line of requests over time, small enough for a row of a table."""

from collections.abc import Sequence

WIDTH, HEIGHT = 120, 28
"""Of the viewBox; the style sheet gives it its size."""


def path(numbers: Sequence[float], *, closed: bool = False) -> str:
    """The `d` of an SVG path: a line through the numbers, or the area below it; "" where all are nothing."""
    highest = max(numbers, default=0)
    if highest <= 0:
        return ""
    step = WIDTH / max(1, len(numbers) - 1)
    points = [f"{i * step:.1f} {HEIGHT - 1 - number / highest * (HEIGHT - 3):.1f}" for i, number in enumerate(numbers)]
    if len(points) == 1:
        points.append(f"{WIDTH} {points[0].partition(' ')[2]}")
    line = f"M{'L'.join(points)}"
    return f"{line}V{HEIGHT}H0Z" if closed else line
