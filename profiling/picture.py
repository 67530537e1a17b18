"""How soon the dashboard is seen: the time to the first contentful paint in Chromium, 200 routes and 30 days behind it.

`python -m profiling.picture [URL]` fills a storage (or takes the one at URL), serves it with Gunicorn and looks; what
it saw is printed, and written to profiling/results/picture.md.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, sync_playwright
from tests import requirements, servers
from tests.conduit.browser.conftest import FLAGS, address
from tests.profiler import synthetic
from tests.profiler.dashboard.served import PASSWORD, USERNAME

from profiling.bench import machine

ROUTES, DAYS, TIMES = 200, 30.0, 9
WARMING = 4
"""Looks before: the first one at each worker reads the templates, which takes a fifth of a second."""
PAGES = {
    "overview, 30 d": "/?span=30d",
    "overview, 1 h": "/?span=1h",
    "one route, 30 d": "/route?route=/api/articles&method=GET&span=30d",
    "cache, 30 d": "/cache?span=30d",
}
RESULT = Path(__file__).parent / "results" / "picture.md"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
ANSWER = "performance.getEntriesByType('navigation')[0].responseEnd"
SIZE = "performance.getEntriesByType('navigation')[0].encodedBodySize"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if sys.argv[1:] else filled(Path(folder))
        with servers.gunicorn_server("tests.profiler.dashboard.served:create()", {"PROFILER_URL": url}) as served:
            before = machine.load()
            lines = look(f"{address(served)}/profiler")
    write(lines, machine.describe() | {"load average": f"{before} before, {machine.load()} after"})


def filled(folder: Path) -> str:
    url = f"sqlite:///{folder / 'profiler.db'}"
    synthetic.fill(url, routes=ROUTES, days=DAYS)
    return url


def write(lines: list[str], facts: dict[str, str]) -> None:
    """Beside the other measurements, with the machine that they are of."""
    about = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    text = f"# The dashboard's first picture: {ROUTES} routes, {DAYS:.0f} days\n\n{about}\n\n"
    RESULT.write_text(text + "```\n" + "\n".join(lines) + "\n```\n")


def look(root: str) -> list[str]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=requirements.program(requirements.BROWSER), args=FLAGS)
        context = chromium.new_context(http_credentials={"username": USERNAME, "password": PASSWORD, "send": "always"})
        lines = [f"{'ms, median (least)':28} {'answer':>14} {'first picture':>16} {'kB':>6}"]
        for name, path in PAGES.items():
            lines.append(measure(context, f"{name}, a new tab", f"{root}{path}", new=True))
            lines.append(measure(context, f"{name}, the same", f"{root}{path}", new=False))
        chromium.close()
    print("\n".join(lines))
    return lines


def measure(context: BrowserContext, name: str, url: str, *, new: bool) -> str:
    answers, paints, size = [], [], 0.0
    page = context.new_page()
    for number in range(-WARMING, TIMES):
        if new:
            page.close()
            page = context.new_page()
        page.goto(url)
        # What the page asks for later would be in the way of the next look.
        page.wait_for_load_state("networkidle")
        read: Callable[[str], float] = page.evaluate
        if number >= 0:
            answers.append(read(ANSWER))
            paints.append(read(PAINT))
            size = read(SIZE)
    page.close()
    return f"{name:28} {words(answers):>14} {words(paints):>16} {size / 1000:6.0f}"


def words(times: list[float]) -> str:
    return f"{median(times):.0f} ({min(times):.0f})"


if __name__ == "__main__":
    main()
