"""Optional dependencies: a missing package is reported with the extra that brings it."""

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtraError(ImportError):
    """An import of a package that an extra of Hotroute brings, in an environment without it."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Guard the imports within the block, whose packages the extra `name` brings.

    Raises:
        MissingExtraError: one is not installed; the message names the package and the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package == "hotroute":
            raise
        raise MissingExtraError(
            f'{package} is not installed; the extra {name} brings it: pip install "hotroute[{name}]"', name=missing.name
        ) from None
