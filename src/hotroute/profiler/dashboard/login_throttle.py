"""How often an address may give a wrong password, within this process."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock
from time import monotonic

from hotroute.fork_safety import reset_in_children

BURST = 10
"""Wrong ones that may follow each other at once."""

EVERY = 6.0
"""Seconds after which one more is forgotten: ten a minute, against passwords of twelve characters."""

ADDRESSES = 10_000
"""That are remembered; then the one that was wrong longest ago is forgotten."""


class LoginThrottle:
    """A leaky bucket for each address.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.reset_after_fork()
        reset_in_children(self)
        self.failures: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def reset_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self.lock = Lock()

    def wait(self, address: str) -> float:
        """Seconds until the address may try again; 0.0 where it may now."""
        with self.lock:
            return max(0.0, (self._level(network(address)) - BURST + 1) * EVERY)

    def failed(self, address: str) -> None:
        with self.lock:
            key = network(address)
            self.failures[key] = self._level(key) + 1, self.clock()
            self.failures.move_to_end(key)
            if len(self.failures) > ADDRESSES:
                self.failures.popitem(last=False)

    def _level(self, key: str) -> float:
        level, since = self.failures.get(key, (0.0, 0.0))
        return max(0.0, level - (self.clock() - since) / EVERY)


def network(address: str) -> str:
    """An IPv6 client has a whole /64 to choose addresses from (RFC 6177): it counts as one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped else address
