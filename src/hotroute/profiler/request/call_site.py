"""Which line of an application's code asked for something."""

import sysconfig
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType

DEEPEST = 120
"""Frames that are looked through."""

Line = tuple[CodeType, int]

ENGINE = str(Path(__file__).parents[2])
LIBRARIES = sorted({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}, key=len)[::-1]
"""The folder of a library first, and the one that it is in after it."""

applications: list[str] = []
"""Folders of applications' packages; they may be among the libraries, where an application is installed."""

known: dict[str, bool] = {}
"""By file name, whether it is an application's."""


def add_application(root_path: str) -> None:
    if root_path not in applications:
        applications.append(root_path)
        known.clear()
        package_relative.cache_clear()


def innermost_app_line(frame: FrameType | None) -> Line | None:
    """The innermost line of an application that `frame` is within."""
    for _ in range(DEEPEST):
        if frame is None:
            return None
        code = frame.f_code
        own = known.get(code.co_filename)
        if own is None:
            own = known[code.co_filename] = is_application(code.co_filename)
        if own:
            return code, frame.f_lineno
        frame = frame.f_back
    return None


def is_application(file: str) -> bool:
    installed = [root for root in applications if root.startswith(tuple(LIBRARIES))]
    return not file.startswith((ENGINE, "<", *LIBRARIES)) or file.startswith(tuple(installed))


def format_line(line: Line | None) -> str:
    """Such as "conduit/repositories/articles.py:41 find"."""
    return f"{package_relative(line[0].co_filename)}:{line[1]} {line[0].co_qualname}" if line else ""


@lru_cache(1000)
def package_relative(file: str) -> str:
    """From the package on; of what is in none the last three parts."""
    for folder in (str(Path(ENGINE).parent), *LIBRARIES, *(str(Path(root).parent) for root in applications)):
        if file.startswith(folder + "/"):
            return file.removeprefix(folder + "/")
    return "/".join(Path(file).parts[-3:])
