"""One running part of the stack: its process group, its output, its end."""

import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from threading import Thread

from hotroute.serving.stack import orphan_reaper

KEPT_LINES = 20
Show = Callable[[str, str], None]


SEVERAL_COMMANDS = re.compile(r"[;&|]")


def as_one_process(command: str) -> str:
    """The command in the place of the shell, unless the shell has more to do: so its end and its signals are seen."""
    return command if SEVERAL_COMMANDS.search(command) else f"exec {command}"


class ManagedProcess:
    """A command of the Procfile, running in a session of its own: the terminal's signals do not reach it."""

    def __init__(self, name: str, command: str, environ: Mapping[str, str], root: Path, show: Show) -> None:
        self.name = name
        self.reader = Thread(target=self.read, args=(show,), daemon=True)
        self.last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.process = subprocess.Popen(  # noqa: S603  # a command of the project's own Procfile
            ["/bin/sh", "-c", as_one_process(command)],
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.reader.start()

    @property
    def group(self) -> int:
        """The process group: whatever the part starts is in it, unless it leaves on purpose."""
        return self.process.pid

    def read(self, show: Show) -> None:
        """Hand every line of output to `show(name, line)`, until the last writer has closed it."""
        with self.process.stdout or nullcontext(()) as output:
            for line in output:
                self.last_lines.append(line.rstrip())
                show(self.name, line.rstrip())

    def ended(self) -> bool:
        return self.process.poll() is not None

    def gone(self) -> bool:
        """Whether not only the command has ended, but all that it started."""
        return self.ended() and not orphan_reaper.alive(self.group)

    def send(self, number: int) -> None:
        orphan_reaper.send(self.group, number)

    def outcome(self) -> str:
        """`exit code 3`, or `signal SIGKILL`."""
        code = self.process.returncode
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
