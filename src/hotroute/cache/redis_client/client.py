"""The link to Redis: connections that know which run of the server they reach, cached scripts, and a breaker."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import sha1
from importlib.resources import files
from time import monotonic, perf_counter
from typing import Any, TypeVar

from hiredis import HiredisError, ReplyError

from hotroute import instrumentation
from hotroute.cache.redis_client import endpoint
from hotroute.cache.redis_client.circuit_breaker import CircuitBreaker
from hotroute.cache.redis_client.connection import Command, RedisConnection, Word
from hotroute.cache.redis_client.endpoint import Endpoint
from hotroute.fork_safety import reset_in_children

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Argument = Word
BREAK = 1.0
"""Seconds for which Redis is not asked after a failure."""

SELDOM = 60.0
"""Seconds before the same refusal is told again."""

STATES = frozenset(
    {"BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOAUTH", "NOPERM", "NOREPLICAS", "READONLY",
     "UNBLOCKED", "WRONGPASS"}
)  # fmt: skip
"""Refusals that say how the server is; others are about one command or one key, or that it is full."""


class Unreachable(Exception):
    """Redis cannot be asked now, or did not answer, or answered that it cannot."""


class Refused(Unreachable):
    """Redis answered with an error.

    Attributes:
        code: its first word, such as WRONGTYPE.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message.split(" ", 1)[0]


class Script:
    """A script of `hotroute/cache/store/scripts`, known to the server by its digest."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.source = files("hotroute.cache.store").joinpath("scripts", f"{name}.lua").read_bytes()
        self.digest = sha1(self.source, usedforsecurity=False).hexdigest()


class Pool:
    """Connections that nobody uses: as many as threads have asked at one time.

    Args:
        place: where they lead.
    """

    def __init__(self, place: Endpoint) -> None:
        self.place = place
        self.idle = deque[RedisConnection]()
        self.generation = 0
        self.run_id = ""

    def acquire(self, deadline: float) -> RedisConnection:
        while True:
            try:
                wire = self.idle.pop()
            except IndexError:
                return self.connect(deadline)
            if wire.is_usable():
                return wire
            wire.close()

    def connect(self, deadline: float) -> RedisConnection:
        era = self.generation
        wire = RedisConnection(self.place.locate(deadline), deadline)
        wire.era = era
        if wire.role != "master":
            wire.close()
            raise ReplyError(f"READONLY it is not a primary: its role is {wire.role or 'unknown'}")
        if wire.run_id != self.run_id:
            if self.run_id:
                log.warning("Redis was restarted, or another one took over: what it holds is not trusted for a while")
            self.run_id = wire.run_id
        return wire

    def release(self, wire: RedisConnection) -> None:
        if wire.era == self.generation:
            self.idle.append(wire)
        else:
            wire.close()

    def disconnect(self) -> None:
        """Also those in use, when they come back: after a failover they would lead to what was the primary."""
        self.generation += 1
        while self.idle:
            try:
                self.idle.pop().close()
            except IndexError:
                return


class RedisClient:
    """Asks one Redis primary, one round trip at a time, and gives up soon.

    Args:
        place: where the primary is; or its `redis://`, `rediss://` or `unix://` URL.
        timeout: seconds for everything that one question takes, connecting included.
        period: seconds for which the breaker stays open.
    """

    def __init__(self, place: Endpoint | str, timeout: float, period: float = BREAK) -> None:
        self.pool = Pool(endpoint.parse(place) if isinstance(place, str) else place)
        self.timeout, self.period = timeout, period
        self.breaker = CircuitBreaker(period)
        self.last_warned: dict[str, float] = {}
        self.examined = False
        reset_in_children(self)

    def run(self, script: Script, keys: list[str], *arguments: Argument) -> Any:
        """The script's answer; `{run}` in a key or argument becomes the server's run id.

        Raises:
            Unreachable: no answer, or not a useful one.
        """

        def ask(wire: RedisConnection, deadline: float) -> Any:
            words = [wire.run_id if word == "{run}" else word for word in (*keys, *arguments)]
            (reply,) = wire.execute([("EVALSHA", script.digest, len(keys), *words)], deadline)
            if isinstance(reply, ReplyError) and str(reply).startswith("NOSCRIPT"):
                (reply,) = wire.execute([("EVAL", script.source, len(keys), *words)], deadline)
            return reply

        return self.checked(self.exchange(ask, script.name))

    def call(self, *command: Word) -> Any:
        """The reply to one command.

        Raises:
            Unreachable: as `run`.
        """
        return self.checked(self.call_all([command])[0])

    def call_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that are sent together; one that was refused is a `ReplyError` among them."""
        return self.exchange(lambda wire, deadline: wire.execute(commands, deadline), str(commands[0][0]))

    def send(self, commands: bytes, replies: int, run_id: str) -> list[Any] | None:
        """The replies to commands that are packed; None, and nothing is sent, where another run would answer."""
        return self.exchange(
            lambda wire, deadline: wire.send_packed(commands, replies, deadline) if wire.run_id == run_id else None,
            "look",
        )

    def exchange(self, ask: Callable[[RedisConnection, float], Answer], name: str = "") -> Answer:
        """
        Args:
            name: what is asked, for who observes the request.
        """
        listener = instrumentation.current.get()
        if listener is None:
            return self.attempt(ask)
        began = perf_counter()
        try:
            return self.attempt(ask)
        finally:
            listener.record_event("cache", began, name)

    def attempt(self, ask: Callable[[RedisConnection, float], Answer]) -> Answer:
        turn = self.breaker.allow()
        if turn is None:
            raise Unreachable("Redis was not reachable a moment ago")
        deadline = monotonic() + self.timeout
        wire = None
        try:
            wire = self.pool.acquire(deadline)
            if not self.examined:
                self.examine(wire, deadline)
            answer = ask(wire, deadline)
            refuse_states(answer)
        except BaseException as reason:
            if wire is not None:
                wire.close()
            if not isinstance(reason, OSError | HiredisError):
                raise
            self.fail(turn, reason)
            raise Unreachable(str(reason)) from reason
        self.pool.release(wire)
        if self.breaker.succeeded(turn):
            log.warning("Redis is usable again")
        return answer

    def fail(self, turn: int, reason: Exception) -> None:
        self.pool.disconnect()
        if self.breaker.failed(turn):
            instrumentation.increment("breaker opened")
            log.warning("Redis is not usable, the cache is passed by: %s: %s", type(reason).__name__, reason)

    def checked(self, reply: Any) -> Any:
        if isinstance(reply, ReplyError):
            refused = Refused(str(reply))
            self.tell(refused.code, "Redis refused, the cache was passed by: %s", refused)
            raise refused
        return reply

    def tell(self, kind: str, message: str, *arguments: object) -> None:
        """Warn, of each kind of trouble once in a while: a full or a damaged server answers every request like this."""
        now = monotonic()
        if self.last_warned.get(kind, 0.0) <= now:
            self.last_warned[kind] = now + SELDOM
            log.warning(message, *arguments)

    def examine(self, wire: RedisConnection, deadline: float) -> None:
        """Once in a process: whether the server is set up as the cache's. One that does not say may be."""
        self.examined = True
        (reply,) = wire.execute([("CONFIG", "GET", "maxmemory-policy", "save", "appendonly")], deadline)
        if isinstance(reply, list):
            texts = [part.decode() for part in reply]
            for wrong in unsuitable(dict(zip(texts[::2], texts[1::2], strict=True))):
                log.warning("Redis is not set up for the cache: %s", wrong)

    def reset_after_fork(self) -> None:
        """Drop the parent's connections, also those that its threads hold and never give back here."""
        self.pool.disconnect()
        self.breaker = CircuitBreaker(self.period)


def refuse_states(answer: Any) -> None:
    for reply in answer if isinstance(answer, list) else [answer]:
        if isinstance(reply, ReplyError) and str(reply).split(" ", 1)[0] in STATES:
            raise reply


def unsuitable(settings: dict[str, str]) -> list[str]:
    policy, save = settings.get("maxmemory-policy", "noeviction"), settings.get("save", "")
    reasons = []
    if not policy.startswith(("volatile-", "noeviction")):
        reasons.append(f"maxmemory-policy is {policy}, which evicts what must not be: use volatile-ttl")
    if save or settings.get("appendonly") == "yes":
        reasons.append('it keeps its data on disk, and may come back with old answers: use save "" and appendonly no')
    return reasons
