"""Numbers drawn at random, the same ones for the same seed on every machine.

Only `Random.random()` and IEEE arithmetic (square roots included) are used: `exp` and `log` may differ in the last
bit between two C libraries.
"""

from itertools import accumulate
from math import sqrt
from random import Random


def stream(number: int, name: str) -> Random:
    """A source of its own for each kind of row, so that one kind can be drawn again without the others."""
    return Random(f"{number} {name}")  # noqa: S311  # plausible data, no secrets


def below(random: Random, count: int) -> int:
    return int(random.random() * count)


def early(random: Random, count: int) -> int:
    """An index below `count`, the smaller the likelier: few are popular, most are not."""
    drawn = random.random()
    return int(count * drawn * sqrt(drawn))


def heavy(random: Random, mean: float, most: int) -> int:
    """A whole number from 0 to `most` with a long tail, about `mean` on average (Lomax distribution of shape 2)."""
    scale = mean + 0.5
    return int(min(most, scale / sqrt(1 - random.random()) - scale))


def zipf(count: int) -> list[float]:
    """Cumulative weights of Zipf's law, for `Random.choices`: the second is drawn half as often as the first."""
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


def scattered(index: int, offset: int, space: int) -> int:
    """`index` moved within `space` so that neighbours land far apart and no two together."""
    return (index * 1_000_003 + offset) % space
