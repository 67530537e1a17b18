"""Another look at what was a hit before: plain commands in one round trip, half the work of a script for Redis.

They find what `look.lua` finds, as of the moment of MGET, or nothing. Nonces and fence are read by that one command;
and whatever is stored with those nonces, before or after, is the answer of that moment, for no nonce comes again.
Who must not write may be behind, so that one of the commands is one that a replica refuses, as it refuses the script.
What they cannot tell is left to the script: whether the server was up for long enough, and who leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotroute.cache.redis_client.connection import Command, pack

MOST = 4096
"""Answers of which a process remembers what to ask for."""

COMMANDS = 3


@dataclass(slots=True)
class FastPath:
    """What to ask for, and what must still be as it was.

    Attributes:
        run_id: of the server's run, which alone the commands are for.
        born: since when that run counts, in its own words; it was long enough.
        tags: that the answer depends on.
        encoding: of the body.
        commands: `COMMANDS` of them, as they are sent.
        known: nonces of the tags, and the vector that they make; the last that were read.
    """

    run_id: str
    born: bytes
    tags: tuple[bytes, ...]
    encoding: bytes
    commands: bytes
    known: tuple[list[bytes], bytes]

    def read(self, replies: Sequence[Any] | None) -> tuple[bytes, bytes, bytes, bytes] | None:
        """Head, body, encoding and vector, as `look.lua` gives them. None if that is not a hit any more.

        Args:
            replies: to each command; None if another run would have answered.
        """
        if not replies or replies[0] != self.born:
            return None
        _, known, stored = replies
        if not (isinstance(known, list) and isinstance(stored, list)) or None in known or None in stored:
            return None
        vector, head, sealed = stored
        # Before them is the fence, where there is one: it lives, or there were a None.
        nonces = known[len(known) - len(self.tags) :]
        if (nonces, vector) != self.known:
            if vector != b"".join([b"%b\n%b\n" % pair for pair in zip(self.tags, nonces, strict=True)]):
                return None
            self.known = nonces, vector
        return head, sealed, self.encoding, vector


def prepare(space: str, key: str, fence: Sequence[str], hit: Sequence[bytes]) -> FastPath:
    """
    Args:
        space: the store's namespace.
        key: the entry's, without the run.
        fence: the store's.
        hit: what the script has found just now.
    """
    _, _, encoding, vector, run, born = hit
    words = vector.split(b"\n")[:-1]
    tags = tuple(words[::2])
    run_id = run.decode()
    commands: tuple[Command, ...] = (
        # Without an option it reads, but belongs to those that write.
        ("GETEX", f"{space}born:{run_id}"),
        ("MGET", *fence, *(space.encode() + b"t:" + tag for tag in tags)),
        ("HMGET", f"{key}:{run_id}", "vector", "head", encoding),
    )
    return FastPath(run_id, born, tags, encoding, b"".join(map(pack, commands)), (words[1::2], vector))
