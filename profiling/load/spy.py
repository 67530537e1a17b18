"""A flame graph of the live workers, by py-spy, where the system lets one process look into another."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RATE = 100
"""Looks a second at every worker's stacks; py-spy's default."""
REQUEST = "ThreadWorker.handle_request "
FRAME = re.compile(r"(?P<function>.*) \((?P<place>[^()]*)\)")


@dataclass
class Stacks:
    """Folded, a line "outer;inner COUNT" for each; or `why` there are none."""

    folded: str = ""
    why: str = ""


@contextmanager
def watching(root: int, seconds: float, folder: Path) -> Iterator[Stacks]:
    """Watch the tree of processes below `root` for at most so long; what was seen is there afterwards."""
    stacks, program = Stacks(), find()
    if program is None:
        stacks.why = "py-spy is not installed; requirements/development.txt has it"
        yield stacks
        return
    file = folder / "stacks.txt"
    options = [
        "--subprocesses",
        "--function",
        "--format",
        "raw",
        "--rate",
        str(RATE),
        "--duration",
        str(round(seconds)),
    ]
    command = [program, "record", *options, "--output", str(file), "--pid", str(root)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    )
    began = time.monotonic()
    try:
        yield stacks
    finally:
        told = ending(process, seconds - (time.monotonic() - began))
        stacks.folded = tidied(file.read_text(errors="replace")) if file.exists() else ""
        stacks.why = "" if stacks.folded else reason(told)


def find() -> str | None:
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


def ending(process: subprocess.Popen[str], seconds: float) -> str:
    """Its output, after it has written its file: of itself, or because of SIGINT."""
    try:
        return process.communicate(timeout=0.1 if seconds > 0 else 10)[0]
    except subprocess.TimeoutExpired:
        process.send_signal(2)
    try:
        return process.communicate(timeout=20)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def tidied(folded: str) -> str:
    """Only what happened within requests: the other threads wait, and not every system lets py-spy know that."""
    lines = (line.rpartition(" ") for line in folded.splitlines())
    kept = ((";".join(within(stack.split(";"))), number) for stack, _, number in lines)
    return "".join(f"{stack} {number}\n" for stack, number in kept if stack)


def within(frames: Sequence[str]) -> Iterator[str]:
    """What Gunicorn's worker called for a request, each frame as "file:line function"."""
    outside = 1 + next((i for i, frame in enumerate(frames) if REQUEST in frame), len(frames))
    for frame in frames[outside:]:
        named = FRAME.fullmatch(frame)
        yield f"{named['place']} {named['function']}" if named else frame


def reason(told: str) -> str:
    """py-spy's own words, and what usually helps."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    said = next((line for line in lines if "rror" in line or "ermission" in line), lines[-1] if lines else "nothing")
    return (
        f"py-spy said: {said[:300]}. Looking into another process takes ptrace(2): run as root, in a container with"
        " --cap-add SYS_PTRACE, or with /proc/sys/kernel/yama/ptrace_scope at 0"
    )
