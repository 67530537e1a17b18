"""A flame graph (Brendan Gregg's) from folded stacks: each frame as wide as the share of time that it was seen in."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

SMALLEST = 0.002
"""Of the width: narrower frames are left out, for nobody could see them; one that is zoomed into shows its own."""

DEEPEST = 120
SHADES = 8


@dataclass
class Frame:
    """A function with its callers.

    Attributes:
        number: by which a link zooms into it; the same for the same stacks.
        count: how often it was seen, with what it called.
        itself: how often it was the innermost.
    """

    name: str
    number: int = 0
    count: int = 0
    itself: int = 0
    called: dict[str, "Frame"] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """A frame in the picture: x and width in parts of it, 0 to 1; depth in rows from the top."""

    frame: Frame
    x: float
    width: float
    depth: int


@dataclass(frozen=True)
class Flame:
    """The picture, zoomed into a frame or not, and the functions that were the innermost most often."""

    root: Frame
    zoomed: Frame | None
    boxes: list[Box]
    hottest: list[tuple[str, int]]

    @property
    def rows(self) -> int:
        return max(box.depth for box in self.boxes) + 1


def draw(folded: str, zoomed: int = 0) -> Flame | None:
    """None where there are no stacks; `zoomed` is a frame's number."""
    root = tree(folded)
    path = path_to(root, zoomed)
    return Flame(root, path[-1] if len(path) > 1 else None, boxes(path), hottest(root)) if root.count else None


def read(folded: str) -> list[tuple[list[str], int]]:
    """Stacks, outermost first, and how often each was seen, from lines "outer;inner COUNT"; others are left out."""
    lines = (line.rpartition(" ") for line in folded.splitlines())
    return [(stack.split(";"), int(number)) for stack, _, number in lines if stack and number.isdecimal()]


def tree(folded: str) -> Frame:
    root = Frame("all")
    for stack, count in read(folded):
        frame = root
        frame.count += count
        for name in stack[:DEEPEST]:
            frame = frame.called.setdefault(name, Frame(name))
            frame.count += count
        frame.itself += count
    for number, frame in enumerate(walk(root)):
        frame.number = number
    return root


def walk(frame: Frame) -> Iterator[Frame]:
    yield frame
    for name in sorted(frame.called):
        yield from walk(frame.called[name])


def path_to(root: Frame, number: int) -> list[Frame]:
    """From the root to the frame of that number; the root alone where there is none."""
    for frame in root.called.values():
        if any(each.number == number for each in walk(frame)):
            return [root, *path_to(frame, number)]
    return [root]


def boxes(path: list[Frame]) -> list[Box]:
    """The picture of the last frame of a path: above it those that called it, as wide as the whole."""
    above = [Box(frame, 0.0, 1.0, depth) for depth, frame in enumerate(path[:-1])]
    return above + list(below(path[-1], 0.0, 1.0, len(above)))


def below(frame: Frame, x: float, width: float, depth: int) -> Iterator[Box]:
    if width < SMALLEST:
        return
    yield Box(frame, x, width, depth)
    for name in sorted(frame.called):
        inner = frame.called[name]
        part = width * inner.count / frame.count
        yield from below(inner, x, part, depth + 1)
        x += part


def shade(name: str) -> int:
    """One of `SHADES` colours, the same for all functions of a file."""
    return crc32(name.split(":", maxsplit=1)[0].split(" ", maxsplit=1)[0].encode("utf-8", "replace")) % SHADES


def hottest(root: Frame, most: int = 10) -> list[tuple[str, int]]:
    """The functions that were the innermost most often."""
    found: Counter[str] = Counter()
    for frame in walk(root):
        found[frame.name] += frame.itself
    return [(name, count) for name, count in found.most_common(most) if count]


def speedscope(folded: str, name: str) -> dict[str, Any]:
    """The stacks in speedscope's file format (its `file-format-spec.ts`), weights being how often each was seen."""
    stacks = read(folded)
    numbers = {frame: i for i, frame in enumerate(dict.fromkeys(frame for stack, _ in stacks for frame in stack))}
    weights = [count for _, count in stacks]
    profile = {
        "type": "sampled",
        "name": name,
        "unit": "none",
        "startValue": 0,
        "endValue": sum(weights),
        "samples": [[numbers[frame] for frame in stack] for stack, _ in stacks],
        "weights": weights,
    }
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": [{"name": frame} for frame in numbers]},
        "profiles": [profile],
        "name": name,
        "exporter": "hotroute",
    }
