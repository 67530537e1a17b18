"""How a worker is: its threads, its memory, and who waits to be let in."""

import os
import resource
import socket
import stat
from contextlib import suppress
from pathlib import Path
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

from hotroute.profiler.model.records import Heartbeat, RequestGroup
from hotroute.profiler.worker import aggregate
from hotroute.serving import threads

if TYPE_CHECKING:
    from hotroute.profiler.request.inbox import Inbox
    from hotroute.profiler.worker.watchdog import Watchdog

STATM = Path("/proc/self/statm")
DESCRIPTORS = Path("/proc/self/fd")
LISTENING, UNACKED = 10, 24
"""In Linux's `struct tcp_info` (linux/tcp.h): the state's value, and the offset of what is the accept queue of a socket
in that state (net/ipv4/tcp.c, tcp_get_info)."""


class Pulses:
    """Takes a worker's pulse, each time since the last."""

    def __init__(self, inbox: "Inbox", watchdog: "Watchdog") -> None:
        self.inbox, self.watchdog = inbox, watchdog
        self.busy = self.cpu = 0.0
        self.before_busy = 0.0
        self.dropped = 0
        self.listeners: list[int] = []

    def take(self, requests: list[RequestGroup], cpu: float) -> Heartbeat:
        """
        Args:
            requests: that have ended since; those for what the profiler shows are in none of the numbers.
            cpu: seconds that the profiler's threads have had since they began.
        """
        options, flying = self.inbox.options, list(self.inbox.in_flight.values())
        under_way = [perf_counter() - each.began for each in flying if not aggregate.ignored(options, each.route)]
        self.busy += sum(sum(each.seconds) for each in requests)
        busy, self.before_busy = self.busy + sum(under_way) - self.before_busy, self.busy + sum(under_way)
        own_cpu, self.cpu = cpu - self.cpu, cpu
        dropped = self.inbox.dropped
        new, self.dropped = dropped - self.dropped, dropped
        return Heartbeat(
            time=time(),
            threads=threads(os.environ),
            busy=max(0.0, busy),
            in_flight=len(under_way),
            queue=self.queue(),
            memory=resident(),
            lateness=tuple(drained(self.watchdog.lateness)),
            requests=sum(len(each.seconds) for each in requests),
            dropped=new,
            own_cpu=max(0.0, own_cpu),
        )

    def queue(self) -> int | None:
        """Connections that wait to be accepted, on all sockets of this process that listen."""
        lengths = [waiting(descriptor) for descriptor in self.listeners]
        if not lengths or None in lengths:
            self.listeners = [each for each in sockets() if waiting(each) is not None]
            lengths = [waiting(descriptor) for descriptor in self.listeners]
        known = [length for length in lengths if length is not None]
        return sum(known) if known else None


def drained(lateness: Any) -> list[float]:
    return [lateness.popleft() for _ in range(len(lateness))]


def resident() -> int:
    """Bytes; where there is no /proc, the most that there have been."""
    try:
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def sockets() -> list[int]:
    found = []
    with suppress(OSError):
        for name in os.listdir(DESCRIPTORS):
            with suppress(OSError):
                if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                    found.append(int(name))
    return found


def waiting(descriptor: int) -> int | None:
    """The accept queue of a TCP socket that listens; None for what is another, or is closed."""
    try:
        borrowed = socket.socket(fileno=descriptor)
    except OSError:
        return None
    try:
        told = borrowed.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, UNACKED + 4)
    except OSError:
        return None
    finally:
        # It stays its owner's to close.
        borrowed.detach()
    return int.from_bytes(told[UNACKED : UNACKED + 4], "little") if told[0] == LISTENING else None
