"""Asking Sentinels which server is the primary (Redis's manual, "Sentinel client spec")."""

from dataclasses import dataclass, replace
from time import monotonic

from hiredis import HiredisError, ReplyError

from hotroute.cache.redis_client.connection import RedisConnection
from hotroute.cache.redis_client.endpoint import Address


@dataclass(frozen=True, slots=True)
class Sentinels:
    """
    Attributes:
        addresses: of the Sentinels, with their own user and password.
        master: the name under which they know the primary.
        primary: everything but host and port: the database, the password, TLS.
    """

    addresses: tuple[Address, ...]
    master: str
    primary: Address

    def locate(self, deadline: float) -> Address:
        """The first answer counts; that it is a primary, it says itself when we connect.

        Raises:
            ConnectionError: none of them knows.
        """
        reasons = []
        for index, address in enumerate(self.addresses):
            # A Sentinel that is silent must leave time for the others.
            now = monotonic()
            share = now + (deadline - now) / (len(self.addresses) - index + 1)
            try:
                found = ask(address, self.master, share)
            except (OSError, HiredisError) as reason:
                reasons.append(f"{address.host}:{address.port}: {reason}")
                continue
            if found:
                return replace(self.primary, host=found[0], port=found[1])
            reasons.append(f"{address.host}:{address.port}: does not know it")
        told = "; ".join(reasons)
        raise ConnectionError(f"no Sentinel of {len(self.addresses)} knows where {self.master} is ({told})")


def ask(address: Address, master: str, deadline: float) -> tuple[str, int] | None:
    wire = RedisConnection(address, deadline)
    try:
        (found,) = wire.execute([("SENTINEL", "get-master-addr-by-name", master)], deadline)
    finally:
        wire.close()
    if isinstance(found, ReplyError):
        raise found
    if not isinstance(found, list):
        return None
    host, port = (part.decode() for part in found)
    return host, int(port)
