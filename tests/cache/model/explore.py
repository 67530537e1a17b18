"""All interleavings of a model, breadth first: what breaks it breaks it with a shortest schedule."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeVar

World = TypeVar("World", bound=Hashable)
Schedule = list[str]


@dataclass(frozen=True)
class Explored:
    """How many worlds there are, and how the first violation comes about, if there is one."""

    worlds: int
    violation: str = ""
    schedule: tuple[str, ...] = ()


class Violation(Exception):
    """A step gave an answer that breaks a promise."""


def explore(
    start: World,
    moves: Callable[[World], Iterable[tuple[str, World]]],
    wrong: Callable[[World], str],
    same: Callable[[World], Hashable] = lambda world: world,
) -> Explored:
    """
    Args:
        same: equal for worlds that differ in nothing but who is who.
        moves: the steps that are possible, named, and where they lead; raises `Violation` where one breaks a promise.
        wrong: what a world itself breaks, or an empty string.
    """
    came: dict[World, tuple[World, str] | None] = {start: None}
    seen = {same(start)}
    waiting = deque([start])
    while waiting:
        world = waiting.popleft()
        try:
            for name, after in moves(world):
                if (known := same(after)) in seen:
                    continue
                seen.add(known)
                came[after] = (world, name)
                if reason := wrong(after):
                    return Explored(len(came), reason, way(came, after))
                waiting.append(after)
        except Violation as broken:
            step, reason = broken.args
            return Explored(len(came), reason, (*way(came, world), step))
    return Explored(len(came))


def way(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    found: list[str] = []
    while step := came[world]:
        world, name = step
        found.append(name)
    return tuple(reversed(found))


def walks(
    start: World, moves: Callable[[World], Iterable[tuple[str, World]]], count: int, seed: int
) -> Iterator[Schedule]:
    """Random schedules to an end, each step as likely as any other that is possible then."""
    chance = Random(seed)
    for _ in range(count):
        world, schedule = start, []
        while possible := list(moves(world)):
            name, world = chance.choice(possible)
            schedule.append(name)
        yield schedule
