"""Where a slow request is, again and again: folded stacks, as flame graphs are made of."""

from pathlib import Path
from types import CodeType, FrameType

from hotroute.profiler.request import call_site

DEEPEST = 100
MOST = 200
"""Different stacks of one request; others are left out."""

LONGEST = 64 * 1024
"""Characters of all stacks of a request."""

SHELL = str(Path(__file__).parents[1] / "middleware.py")
"""What is outside of it is the server's, and the same for each request."""


class Stacks:
    """The stacks of one request's thread, and how often each was seen.

    Attributes:
        looks: how many there were, those included of which nothing is kept.
    """

    def __init__(self) -> None:
        self.seen: dict[tuple[CodeType, ...], int] = {}
        self.looks = 0

    def add(self, frame: FrameType | None) -> None:
        self.looks += 1
        stack = tuple(codes(frame))
        if not stack:
            # The thread has ended, or goes on with what is the server's.
            return
        if stack in self.seen or len(self.seen) < MOST:
            self.seen[stack] = self.seen.get(stack, 0) + 1

    def folded(self) -> str:
        """ "outer;inner;innermost COUNT", one to a line, the most frequent first."""
        lines, length = list[str](), 0
        for stack, count in sorted(self.seen.items(), key=lambda each: -each[1]):
            line = f"{';'.join(map(named, stack))} {count}"
            length += len(line) + 1
            if length > LONGEST:
                break
            lines.append(line)
        return "\n".join(lines)


def codes(frame: FrameType | None) -> list[CodeType]:
    """From the outermost within the shell to the innermost, of which the last `DEEPEST`."""
    found = list[CodeType]()
    while frame is not None and frame.f_code.co_filename != SHELL:
        if len(found) < DEEPEST:
            found.append(frame.f_code)
        frame = frame.f_back
    return found[::-1]


def named(code: CodeType) -> str:
    """Such as "conduit/services/articles.py create"; a semicolon would be another frame."""
    return f"{call_site.package_relative(code.co_filename)} {code.co_qualname}".replace(";", ",").replace("\n", " ")
