"""Runs the parts of the stack together: if one fails, or a signal asks, all of them stop and nothing is left behind."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Self

from hotroute.serving.stack import orphan_reaper
from hotroute.serving.stack.process import ManagedProcess, Show

GRACE = 10.0
"""Seconds that a part has to stop before it is killed."""

PAUSE = 0.05
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AskedToStopError(Exception):
    """CTRL-C, TERM or a closed terminal."""


class PartFailedError(Exception):
    """A part ended by itself."""

    def __init__(self, part: ManagedProcess) -> None:
        super().__init__(f"{part.name} failed with {part.outcome()}")
        # What it said last may still be on its way.
        part.reader.join(timeout=1)
        self.last_lines = list(part.last_lines)


class Supervisor:
    """Use it as a context: leaving it stops every part, the last started first.

    Args:
        show: called with the name of a part and each line that it writes, from several threads.
        how_to_stop: the signal of each part that does not stop gracefully on TERM.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        root: Path,
        show: Show,
        how_to_stop: Mapping[str, int],
    ) -> None:
        self.environ, self.root, self.show, self.how_to_stop = environ, root, show, how_to_stop
        self.parts: list[ManagedProcess] = []
        self.signals: list[int] = []

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup wants HUP ignored
                signal.signal(number, self._note)
        self.guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-S", orphan_reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_exception: object) -> None:
        for part in reversed(self.parts):
            part.send(self.how_to_stop.get(part.name, signal.SIGTERM))
            self._wait_until_gone(part)
            self._tell_guard(f"-{part.group}")
        with contextlib.suppress(OSError):
            self.guard.communicate()

    def start(self, name: str, command: str) -> ManagedProcess:
        """Start a part that is meant to run until the end."""
        part = ManagedProcess(name, command, self.environ, self.root, self.show)
        self._tell_guard(f"+{part.group}")
        self.parts.append(part)
        return part

    def run(self, name: str, command: str) -> None:
        """Run a command to its end.

        Raises:
            AskedToStopError, PartFailedError: as `wait`; also when the command's exit code is not 0.
        """
        part = self.start(name, command)
        while not part.ended():
            self._check(besides=part)
        if part.process.returncode:
            raise PartFailedError(part)
        self.parts.remove(part)
        self._tell_guard(f"-{part.group}")

    def wait(self, until: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Wait until `until()` holds; False if that took longer than `seconds`.

        Raises:
            AskedToStopError: a signal asked to stop.
            PartFailedError: a part ended.
        """
        deadline = time.monotonic() + seconds
        while not until():
            self._check()
            if time.monotonic() > deadline:
                return False
        return True

    def _check(self, besides: ManagedProcess | None = None) -> None:
        time.sleep(PAUSE)
        if self.signals:
            raise AskedToStopError
        for part in self.parts:
            if part is not besides and part.ended():
                raise PartFailedError(part)

    def _wait_until_gone(self, part: ManagedProcess) -> None:
        """A second signal means that the first was not quick enough."""
        deadline = time.monotonic() + GRACE
        while not part.gone():
            if time.monotonic() > deadline or len(self.signals) > 1:
                part.send(signal.SIGKILL)
            time.sleep(PAUSE)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signals.append(number)

    def _tell_guard(self, line: str) -> None:
        with contextlib.suppress(OSError):
            print(line, file=self.guard.stdin, flush=True)
