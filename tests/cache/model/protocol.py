"""The protocol as it is built, and the ways in which others are, each a variant of it."""

from dataclasses import dataclass, field, replace

from hotroute.cache.redis_client.client import RedisClient
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking import early_trust, writes

STEPS = {
    "LOOK": RedisStore.look,  # scripts/look.lua, and before it RedisStore.find: the same, for who would not lead
    "GLANCE": RedisClient.send,  # cache/store/fast_path.py: MGET, and FETCH: HMGET
    "PEEK": RedisStore.peek,  # scripts/wait.lua
    "SAVE": RedisStore.save,  # scripts/save.lua
    "RELEASE": RedisStore.release,  # scripts/lease.lua
    "MARK": RedisStore.mark,  # scripts/mark.lua, from changes.mark
    "COMMIT": writes.committing,
    "DONE": RedisStore.done,  # scripts/done.lua, from changes.finish
    "REPAIR": RedisStore.repair,  # scripts/repair.lua
    "LEAVE": RedisStore.done,  # the same with leave=True
    "MEET": early_trust.meet,  # scripts/trust.lua: the run of the server, and that it has lost no mark since
    "ASK": early_trust.has_no_writer,  # the database: has every transaction ended that has written?
    "CONFIRM": early_trust.confirm,  # scripts/trust.lua: then the same server counts
}
"""The code that does a step. BEGIN, READ and RETURN are the application's; the rest happens to it."""

BUILT = ("MARK", "COMMIT", "DONE", "RETURN")


@dataclass(frozen=True)
class Protocol:
    """What is built, by default.

    Attributes:
        writer: its steps in order.
        vectors: an entry counts only with the nonces that it was made under.
        marks: who is writing; or only whether somebody is.
        early: a mark may expire while its writer can still commit.
        lease: on the question as of now; or on the URL.
        nonces: random; or counters, which start again where one is missing.
        quarantine: a server that has just started is not trusted.
        compares: SAVE compares nonces.
        waiter: accepts an answer to the same question; or any.
        run: entries and trust belong to one run of the server.
        fresh: what is stored was read in a transaction that began after the question.
        leaves: after a COMMIT of unknown outcome the mark stays.
        kept: marks are never evicted.
        remembers: a glance takes the nonces of before the question for those of now.
        voucher: the steps of who says that a server that has just started has lost no mark.
        confirms: what was met must still be there when that is said.
    """

    writer: tuple[str, ...] = BUILT
    vectors: bool = True
    marks: str = "writers"
    early: bool = False
    lease: str = "vector"
    nonces: str = "random"
    quarantine: bool = True
    compares: bool = True
    waiter: str = "same"
    run: bool = True
    fresh: bool = True
    leaves: bool = True
    kept: bool = True
    remembers: bool = False
    voucher: tuple[str, ...] = ("MEET", "ASK", "CONFIRM")
    confirms: bool = True


@dataclass(frozen=True)
class Scenario:
    """Who takes part, and how often what may happen.

    Attributes:
        writes: for each writer, the tags that it changes.
        touches: for each writer, the tags that it marks, if others: what a savepoint rolled back stays touched.
        reads: for each reader, the tags of its question of which its answer uses the first only.
        happens: what may happen, and how often.
        glances: readers may try without the script first.
    """

    writes: tuple[tuple[int, ...], ...] = ((0,), (0,))
    touches: tuple[tuple[int, ...], ...] = ()
    readers: int = 2
    tags: int = 1
    used: tuple[int, ...] = (0,)
    happens: dict[str, int] = field(default_factory=dict)
    glances: bool = False

    def marked(self, writer: int) -> tuple[int, ...]:
        return (self.touches or self.writes)[writer]


ONE, THREE = Scenario(((0,),)), Scenario(((0,),), readers=3)
TWO_BY_TWO = Scenario(happens={"crash": 1, "expire": 1})
SCENARIOS = {
    "two writers, two readers, a crash": TWO_BY_TWO,
    "two writers, three readers": Scenario(readers=3),
    "one writer, three readers, leases that expire": Scenario(
        ((0,),), readers=3, happens={"crash": 1, "expire": 1, "unlease": 1}
    ),
    "nonces and entries evicted": Scenario(happens={"evict": 1, "evict entry": 1, "expire": 1}),
    "one writer, nonces evicted again and again": Scenario(((0,),), happens={"evict": 3, "crash": 1, "expire": 1}),
    "the server restarts empty (R12)": Scenario(happens={"restart": 1, "expire": 1}),
    "one writer that crashes, the server restarts empty": Scenario(
        ((0,),), happens={"restart": 2, "crash": 1, "expire": 1}
    ),
    "the server restarts with a snapshot (R9)": Scenario(
        ((0,),), happens={"snapshot": 1, "restart old": 1, "crash": 1, "expire": 1}
    ),
    "two writers, the server restarts with a snapshot": Scenario(happens={"snapshot": 1, "restart old": 1}),
    "marks are damaged, and repaired": Scenario(happens={"damage": 1, "expire": 1}),
    "nobody knows whether it was committed": Scenario(happens={"unknown": 1, "expire": 1}),
    "two tags of which the answer uses one": Scenario(writes=((0,), (1,)), tags=2, happens={"crash": 1, "expire": 1}),
    "two tags, both used; one writer changes both": Scenario(writes=((0, 1), (1,)), tags=2, used=(0, 1)),
    "a savepoint that was rolled back": Scenario(writes=((0,), (1,)), touches=((0, 1), (1,)), tags=2, used=(0, 1)),
}

GLANCED = {
    f"glanced at: {name}": replace(scenario, glances=True)
    for name, scenario in {
        "two writers": Scenario(),
        "one writer, a crash": replace(ONE, happens={"crash": 1, "expire": 1}),
        "nonces and entries evicted": replace(ONE, happens={"evict": 1, "evict entry": 1, "expire": 1}),
        "the server restarts empty": replace(ONE, happens={"restart": 1, "crash": 1, "expire": 1}),
        "the server restarts with a snapshot": replace(ONE, happens={"snapshot": 1, "restart old": 1, "expire": 1}),
        "marks are damaged, and repaired": replace(ONE, happens={"damage": 1, "expire": 1}),
        "two tags, both used": SCENARIOS["two tags, both used; one writer changes both"],
    }.items()
}
"""Not replayed: on a server, MGET and HMGET come one right after the other."""


@dataclass(frozen=True)
class Break:
    """A protocol that does not hold, the races that it has, and where they show."""

    races: str
    protocol: Protocol
    scenario: Scenario
    breaks: str


B = Protocol()
PLAIN = Protocol(vectors=False, compares=False, lease="url", waiter="any", quarantine=False)
AFTER = ("COMMIT", "DONE", "RETURN")
BROKEN = {
    "delete after the commit": Break("R1 R3", replace(PLAIN, writer=("COMMIT", "DELETE", "RETURN")), ONE, "ABS"),
    "delete before the commit": Break("R2", replace(PLAIN, writer=("DELETE", "COMMIT", "RETURN")), ONE, "ABS"),
    "delete before and after the commit": Break(
        "R1 R2", replace(PLAIN, writer=("DELETE", "COMMIT", "DELETE", "RETURN")), ONE, "ABS"
    ),
    "bump only after the commit": Break("R3", replace(B, writer=AFTER), ONE, "A"),
    "bump only after the commit, and crash": Break(
        "R4", replace(B, writer=AFTER), replace(ONE, happens={"crash": 1}), "AS"
    ),
    "done when a savepoint is released, by the session's events": Break(
        "R3", replace(B, writer=("MARK", "DONE", "COMMIT", "RETURN")), ONE, "ABS"
    ),
    "commit without Redis": Break("R10", replace(B, writer=("COMMIT", "RETURN")), ONE, "ABS"),
    "a mark that expires early": Break("R4", replace(B, early=True), replace(ONE, happens={"expire": 1}), "A"),
    "a mark that expires early, and a crash": Break(
        "R4", replace(B, early=True), replace(ONE, happens={"expire": 1, "crash": 1}), "AS"
    ),
    "a lease per URL without the vector": Break("R7", replace(B, lease="url", waiter="any"), THREE, "AB"),
    "a lease per URL, and SAVE without comparing": Break(
        "R7", replace(B, lease="url", waiter="any", compares=False), ONE, "AB"
    ),
    "a waiter that accepts any entry": Break("R7", replace(B, waiter="any"), THREE, "AB"),
    "counters for nonces": Break("R8", replace(B, nonces="counters"), Scenario(happens={"evict": 1}), "ABS"),
    "no quarantine after a restart": Break(
        "R12", replace(B, quarantine=False), replace(ONE, happens={"restart": 1}), "A"
    ),
    "no quarantine after a restart, and a crash": Break(
        "R12", replace(B, quarantine=False), replace(ONE, happens={"restart": 1, "crash": 1}), "AS"
    ),
    "a flag for the writers": Break("R6", replace(B, marks="flag"), Scenario(), "A"),
    "a flag for the writers, and a crash": Break("R6", replace(B, marks="flag"), Scenario(happens={"crash": 1}), "AS"),
    "no run id": Break("R9", replace(B, run=False), replace(ONE, happens={"snapshot": 1, "restart old": 1}), "ABS"),
    "SAVE without comparing, where hits do not compare either": Break(
        "R1",
        replace(B, vectors=False, compares=False, writer=("MARK", "COMMIT", "DELETE", "DONE", "RETURN")),
        ONE,
        "ABS",
    ),
    "what an older transaction read is stored": Break("R5", replace(B, fresh=False), ONE, "ABS"),
    "done though nobody knows whether it was committed": Break(
        "R4", replace(B, leaves=False), replace(ONE, happens={"unknown": 1}), "AS"
    ),
    "damaged marks are deleted, without a quarantine": Break(
        "R12", replace(B, quarantine=False), replace(ONE, happens={"damage": 1}), "A"
    ),
    "a glance at nonces of before the question": Break(
        "R3", replace(B, remembers=True), replace(ONE, glances=True), "AB"
    ),
    "marks that may be evicted": Break("R8", replace(B, kept=False), replace(ONE, happens={"evict": 2}), "A"),
}
"""What each breaks is all that it breaks in that scenario: A, B, S."""

VOUCHED = {
    f"vouched for: {name}": scenario
    for name, scenario in {
        "the server restarts empty": Scenario(((0,),), happens={"restart": 1, "vouch": 1, "expire": 1}),
        "it restarts twice, and the writer crashes": Scenario(
            ((0,),), happens={"restart": 2, "vouch": 1, "crash": 1, "expire": 1}
        ),
        "nobody knows whether it was committed": Scenario(
            ((0,),), happens={"restart": 1, "vouch": 1, "unknown": 1, "expire": 1}
        ),
        "marks are damaged, and repaired": Scenario(((0,),), happens={"damage": 1, "vouch": 1}),
        "two writers": Scenario(readers=1, happens={"restart": 1, "vouch": 1}),
    }.items()
}
RESTARTED = replace(ONE, happens={"restart": 1, "vouch": 1})
BROKEN_VOUCHING = {
    "vouched for while a writer may be about": Break("R12", replace(B, voucher=("MEET", "CONFIRM")), RESTARTED, "A"),
    "vouched for while a writer may be about, and a crash": Break(
        "R12",
        replace(B, voucher=("MEET", "CONFIRM")),
        replace(ONE, happens={"restart": 1, "vouch": 1, "crash": 1}),
        "AS",
    ),
    "the database is asked before the server is met": Break(
        "R12", replace(B, voucher=("ASK", "MEET", "CONFIRM")), RESTARTED, "A"
    ),
    "vouched for whatever server there is by then": Break("R12", replace(B, confirms=False), RESTARTED, "A"),
    "vouched for though it has lost a mark since": Break(
        "R12", replace(B, confirms=False), replace(ONE, happens={"damage": 1, "vouch": 1}), "A"
    ),
}
"""Not replayed: who vouches asks a database of the application's."""
