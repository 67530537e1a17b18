"""The transparency check: any sequence of calls is answered the same with the cache on and off."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from hotroute.extras import extra
from hotroute.testing import cache_status
from hotroute.testing.bulk_writes import bulk_writes
from hotroute.testing.calls import Call, Names, Step
from hotroute.testing.isolation import cache_disabled, isolated

with extra("testing"):
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

LEGITIMATE = frozenset(
    {"age", "cache-control", "cache-status", "connection", "content-encoding", "content-length", "date", "etag",
     "server", "transfer-encoding", "vary", "x-request-id"}
)  # fmt: skip
"""Header fields that a cache may add, or that differ from one answer to the next; the body's length is the body's."""


class Transparency:
    """How two answers are compared.

    Args:
        app: with the cache in front of it.
        reset: brings the database back to where each sequence begins; what it gives fills in `{...}` of the calls.
        ignore: header fields and keys of JSON objects whose values differ for a good reason, such as a token's.
        replay: see `assert_transparent`.
    """

    def __init__(self, app: Flask, reset: Callable[[], Names | None], ignore: Collection[str], replay: bool) -> None:
        self.app, self.reset, self.replay = app, reset, replay
        self.ignored = LEGITIMATE | {name.lower() for name in ignore}
        self.seen: dict[str, cache_status.Status] = {}
        self.hit = False

    def check(self, drawn: Sequence[Step]) -> None:
        """Raises:
        AssertionError: a call of the sequence was answered differently.
        """
        __tracebackhide__ = True
        steps = asked_again(drawn)
        names = self.reset() or {}
        with isolated(self.app):
            answers = [self.ask(steps[: number + 1], names) for number in range(len(steps))]
        if self.replay:
            names = self.reset() or {}
            with cache_disabled(self.app):
                for number, answer in enumerate(answers):
                    self.compare(steps[: number + 1], answer, steps[number].send(self.app, names))

    def ask(self, steps: Sequence[Step], names: Names) -> Response:
        __tracebackhide__ = True
        answer = steps[-1].send(self.app, names)
        if steps[-1].safe:
            self.note(steps[-1], cache_status.read(answer))
        if steps[-1].safe and not self.replay:
            with cache_disabled(self.app):
                beside = steps[-1].send(self.app, names)
            self.compare(steps, answer, beside)
        return answer

    def note(self, step: Step, seen: cache_status.Status) -> None:
        self.hit = self.hit or seen.hit
        self.seen[f"{step.method} {step.path}"] = seen

    def refuse_emptiness(self) -> None:
        """Raises:
        AssertionError: there was no hit, and so nothing that could differ.
        """
        __tracebackhide__ = True
        if not self.hit:
            reasons = "".join(f"\n  {step}: {seen}" for step, seen in sorted(self.seen.items())[:10])
            raise AssertionError(f"nothing was compared, for no call was answered from the cache:{reasons}")

    def compare(self, steps: Sequence[Step], cached: Response, plain: Response) -> None:
        __tracebackhide__ = True
        one, other = self.essence(cached), self.essence(plain)
        if parts := [part for part in one if one[part] != other[part]]:
            sequence = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
            raise AssertionError(
                f"the cache makes a difference in the {' and '.join(parts)} of the last of these calls:\n{sequence}\n"
                f"with the cache: {shown(one, parts)}\n"
                f"without it:     {shown(other, parts)}\n"
                f"{cache_status.read(cached)}"
            )

    def essence(self, answer: Response) -> dict[str, Any]:
        headers = sorted((name.lower(), value) for name, value in answer.headers if name.lower() not in self.ignored)
        body = self.stripped(answer.get_json(silent=True)) if answer.is_json else answer.data
        return {"status": answer.status_code, "headers": headers, "body": body}

    def stripped(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.stripped(each) for name, each in value.items() if name.lower() not in self.ignored}
        return [self.stripped(each) for each in value] if isinstance(value, list) else value


def assert_transparent(  # noqa: PLR0913  # each says how to look for a difference
    app: Flask,
    calls: Sequence[Call],
    reset: Callable[[], Names | None],
    *,
    ignore: Collection[str] = (),
    replay: bool = False,
    bulk: bool = True,
    examples: int = 50,
    steps: int = 30,
) -> None:
    """Whatever sequence of `calls` is sent, the answers are the same with the cache on and off.

    The shortest sequence that shows a difference is in the message. Each sequence begins with `reset` and an empty
    cache. Every safe call is answered by the cache and by the view beside it, from the same database, and all that was
    asked is asked again after each unsafe call. Between the calls all rows of a table are changed by one statement, or
    deleted: a call may say by hand what it changes, and such a write does not.

    Args:
        app: with the cache in front of it.
        calls: what may be sent, in any order.
        reset: brings the database back to where each sequence begins; what it gives fills in `{...}` of the calls.
        ignore: header fields and keys of JSON objects whose values differ for a good reason, such as a token's.
        replay: answer the whole sequence with the cache on, and then, after another `reset`, with it off. That finds
            what hooks and views do beside answering, and makes times and random values differ: ignore those.
        bulk: whether such statements are tried. Without them the check trusts tags that are invalidated by hand.
        examples: sequences that are tried.
        steps: calls in the longest of them, without those that are asked again.

    Raises:
        AssertionError: they are not; or none of them came from the cache.
    """
    __tracebackhide__ = True
    transparency = Transparency(app, reset, ignore, replay)
    kinds = [call.steps() for call in calls]
    if bulk and (writes := bulk_writes(app)):
        kinds.append(st.sampled_from(writes))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(sequences(kinds, steps))
    def check(sequence: list[Step]) -> None:
        __tracebackhide__ = True
        transparency.check(sequence)

    try:
        check()
    except AssertionError as difference:
        # Hypothesis's own words about the sequence, which the message shows.
        difference.__notes__ = []
        raise
    transparency.refuse_emptiness()


def sequences(kinds: list[st.SearchStrategy[Step]], most: int) -> st.SearchStrategy[list[Step]]:
    """In parts, for a single list is seldom longer than a handful; each part may shrink to nothing."""
    parts = [st.lists(st.one_of(kinds), max_size=min(10, most - done)) for done in range(0, most, 10)]
    return st.tuples(*parts).map(lambda drawn: [step for part in drawn for step in part])


def asked_again(steps: Sequence[Step]) -> list[Step]:
    """After each unsafe call, and once more in the end, all that was asked before: that is where stale answers are."""
    asked: list[Step] = []
    complete: list[Step] = []
    for step in steps:
        if step.safe and step not in asked:
            asked.append(step)
        complete += [step] if step.safe else [step, *asked]
    return [*complete, *asked]


def shown(essence: dict[str, Any], parts: Sequence[str]) -> str:
    return "; ".join(f"{part} {essence[part]}" for part in parts)
