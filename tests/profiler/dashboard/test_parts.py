"""What pages are made of: numbers in words, bars, lines and flames."""

import pytest

from hotroute.profiler.dashboard import ttl_cache, units
from hotroute.profiler.dashboard.charts import flame_graph, latency_histogram, sparkline, time_breakdown, waterfall
from hotroute.profiler.dashboard.hit_ratio import hits
from hotroute.profiler.dashboard.pages.compare import judge
from hotroute.profiler.model.records import Event, Request, Sample
from hotroute.profiler.model.results import Change, Quantiles, RouteSummary

pytestmark = pytest.mark.unit

FOLDED = "main;a;b 3\nmain;a 1\nmain;c;b 4\nnonsense\n;\nmain;a x\n"


def plain(text: str) -> str:
    return text.replace(units.NARROW, " ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, units.NONE),
        (None, units.NONE),
        (4.21e-7, "0.42 µs"),
        (0.000842, "842 µs"),
        (0.0009999, "1.00 ms"),
        (0.00421, "4.21 ms"),
        (0.0421, "42.1 ms"),
        (0.421, "421 ms"),
        (0.9999, "1.00 s"),
        (12.34, "12.3 s"),
        (90, "1.50 min"),
        (7200, "2.00 h"),
        (200_000, "2.31 d"),
    ],
)
def test_a_duration_has_three_digits_and_its_unit(seconds: float | None, words: str) -> None:
    assert plain(units.duration(seconds)) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "<0.1 %"),
        (99_999, 100_000, ">99.9 %"),
        (0, 0, units.NONE),
        (3, 2, "150 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_nor_to_all(part: float, whole: float, words: str) -> None:
    assert plain(units.share(part, whole)) == words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (units.rate(12.34), "12.3/s"),
        (units.rate(0.5), "30.0/min"),
        (units.rate(0.001), "3.60/h"),
        (units.rate(0), "0/s"),
        (units.count(12_345), "12,345"),
        (units.count(1_234_567), "1.23 M"),
        (units.count(2.5e9), "2.50 bn"),
        (units.size(999), "999 B"),
        (units.size(18_230), "18.2 kB"),
        (units.size(None), units.NONE),
        (units.mean(2.0), "2"),
        (units.mean(21.34), "21.3"),
        (units.mean(0.002), "<0.1"),
        (units.mean(0), "0"),
        (units.tick(0.001), "1 ms"),
        (units.tick(0.02), "20 ms"),
        (units.change(0.1, 0.112), "+12 %"),
        (units.change(0.1, 0.05), f"{units.MINUS}50 %"),
        (units.change(0.1, 0.26), f"{units.TIMES}2.60"),
        (units.change(0.1, 0.1), ""),
        (units.change(0, 1), ""),
        (units.moment(0), "1 Jan 00:00:00"),
    ],
)
def test_other_numbers_read_well_too(words: str, expected: str) -> None:
    assert plain(words) == expected


def test_a_sparkline_goes_through_its_numbers() -> None:
    assert sparkline.path([0, 10, 5]) == "M-20 116V92H0l20-86l20 43h20V116z"
    assert sparkline.width([0, 10, 5]) == 40


def test_a_sparkline_of_nothing_is_none() -> None:
    assert sparkline.path([]) == sparkline.path([0, 0]) == ""


def test_a_single_number_is_a_level_line() -> None:
    assert sparkline.path([7]) == "M-20 116V6H0l20 0h20V116z"


def test_the_parts_of_a_request_add_up_to_it() -> None:
    found = {part.kind: part for part in time_breakdown.parts(wall=1.0, cpu=0.3, sql=0.4, cache=0.1, outgoing=0.1)}
    assert sum(part.share for part in found.values()) == pytest.approx(1.0)
    assert found["waiting"].seconds == pytest.approx(0.1)
    assert found["waiting"].start == pytest.approx(0.9)


def test_what_a_statement_computed_is_not_counted_twice() -> None:
    """SQLite computes in the request's own thread."""
    found = {part.kind: part.seconds for part in time_breakdown.parts(wall=1.0, cpu=0.9, sql=0.8, cache=0, outgoing=0)}
    assert found == pytest.approx({"cpu": 0.2, "sql": 0.8, "cache": 0, "http": 0, "waiting": 0})


def test_calls_side_by_side_may_be_longer_than_the_request() -> None:
    parts = time_breakdown.parts(wall=1.0, cpu=0.1, sql=0, cache=0, outgoing=3.0)
    assert sum(part.share for part in parts) == pytest.approx(1.0)


def test_a_histogram_keeps_every_request_when_buckets_are_merged() -> None:
    buckets = [(0.001 * 1.04**i, 0.001 * 1.04 ** (i + 1), i % 7) for i in range(300)]
    drawn = latency_histogram.draw(buckets)
    assert drawn
    assert len(drawn.bars) <= latency_histogram.BARS
    assert sum(bar.requests for bar in drawn.bars) == sum(requests for _, _, requests in buckets)
    assert drawn.bars[0].x == 0
    assert [mark.name for mark in drawn.marks({"p50": 0.01, "p95": 5.0, "p99": 6.0})] == ["p50", "p95, p99"]
    assert drawn.bars[-1].x + drawn.bars[-1].width == pytest.approx(1.0)
    assert max(bar.height for bar in drawn.bars) == 1.0


def test_a_histogram_without_requests_is_none() -> None:
    assert latency_histogram.draw([(0.1, 0.2, 0)]) is None
    assert latency_histogram.draw([]) is None


def test_a_single_bucket_is_a_bar_and_not_a_wall() -> None:
    drawn = latency_histogram.draw([(0.1, 0.104, 50)])
    assert drawn
    [bar] = drawn.bars
    assert bar.width < 0.05
    assert bar.x + bar.width / 2 == pytest.approx(0.5)


def test_a_histograms_axis_has_round_ticks_within_it() -> None:
    ticks = latency_histogram.Scale(0.0009, 0.11).ticks()
    assert ticks == pytest.approx([0.001, 0.003, 0.01, 0.03, 0.1])
    assert latency_histogram.Scale(0.01, 0.1).x(0.0316) == pytest.approx(0.5, abs=0.01)


def test_a_flames_frames_are_as_wide_as_they_were_seen() -> None:
    drawn = flame_graph.draw(FOLDED)
    assert drawn
    assert [(box.frame.name, box.depth, box.x, box.width) for box in drawn.boxes] == [
        ("all", 0, 0, 1),
        ("main", 1, 0, 1),
        ("a", 2, 0, 0.5),
        ("b", 3, 0, 0.375),
        ("c", 2, 0.5, 0.5),
        ("b", 3, 0.5, 0.5),
    ]
    assert drawn.hottest == [("b", 7), ("a", 1)]
    assert drawn.rows == 4


def test_a_zoomed_frame_is_as_wide_as_the_picture_below_its_callers() -> None:
    whole = flame_graph.draw(FOLDED)
    assert whole
    number = next(box.frame.number for box in whole.boxes if box.frame.name == "c")
    zoomed = flame_graph.draw(FOLDED, number)
    assert zoomed
    assert zoomed.zoomed
    assert zoomed.zoomed.name == "c"
    assert [(box.frame.name, box.width) for box in zoomed.boxes] == [("all", 1), ("main", 1), ("c", 1), ("b", 1)]


def test_a_frame_that_is_not_there_shows_all() -> None:
    drawn = flame_graph.draw(FOLDED, 99)
    assert drawn
    assert drawn.zoomed is None
    assert len(drawn.boxes) == 6


@pytest.mark.parametrize("folded", ["", "\n", "nonsense", ";"])
def test_without_stacks_there_is_no_flame(folded: str) -> None:
    assert flame_graph.draw(folded) is None


def test_functions_of_a_file_have_one_colour() -> None:
    assert (
        flame_graph.shade("a/b.py:12 find")
        == flame_graph.shade("a/b.py:99 other")
        == flame_graph.shade("a/b.py Class.method")
    )
    assert len({flame_graph.shade(f"a/{n}.py:1 find") for n in range(100)}) == flame_graph.SHADES


def test_a_deep_stack_is_drawn_to_a_depth() -> None:
    drawn = flame_graph.draw(";".join(f"f{n}" for n in range(5000)) + " 3")
    assert drawn
    assert drawn.rows == flame_graph.DEEPEST + 1


def test_speedscope_gets_every_stack_with_its_weight() -> None:
    found = flame_graph.speedscope(FOLDED, "GET /x")
    frames = [frame["name"] for frame in found["shared"]["frames"]]
    [profile] = found["profiles"]
    stacks = [";".join(frames[number] for number in sample) for sample in profile["samples"]]
    assert dict(zip(stacks, profile["weights"], strict=True)) == {"main;a;b": 3, "main;a": 1, "main;c;b": 4}
    assert profile["endValue"] == 8


def sampled(*events: Event) -> Sample:
    return Sample("x" * 8, "slow", Request(0, "/", "GET", 200, "", 1.0), 1, 0.5, 0.1, 0, 0, None, events)


def test_a_waterfall_has_a_line_for_each_event() -> None:
    lines = waterfall.lines(
        sampled(Event("cache", 0.1, 0.1, "get"), Event("sql", 0.5, 0.25, "SELECT", fingerprint="a"))
    )
    assert [(line.event.kind, line.bars[0].x, line.bars[0].width) for line in lines] == [
        ("cache", 0.1, 0.1),
        ("sql", 0.5, 0.25),
    ]


def test_executions_of_one_statement_share_a_line_when_there_are_many() -> None:
    many = [Event("sql", n / 10, 0.01, "SELECT 1", fingerprint="a") for n in range(waterfall.SUSPICIOUS)]
    few = [Event("sql", n / 10, 0.01, "SELECT 2", fingerprint="b") for n in range(waterfall.SUSPICIOUS - 1)]
    lines = waterfall.lines(sampled(*many, *few))
    assert [len(line.bars) for line in lines] == [5, 1, 1, 1, 1]
    assert lines[0].seconds == pytest.approx(0.05)
    assert waterfall.repeated(lines) == lines[:1]


def test_what_ended_after_the_answer_still_fits_into_the_picture() -> None:
    [line] = waterfall.lines(sampled(Event("sql", 1.5, 0.5, "SELECT 1")))
    assert line.bars[0].x + line.bars[0].width <= 1


def test_what_was_found_out_lately_is_not_found_out_again() -> None:
    now, asked = [0.0], []
    known = ttl_cache.TtlCache[int](seconds=60, clock=lambda: now[0])

    def find() -> int:
        asked.append(now[0])
        return len(asked)

    assert [known.get("a", find), known.get("a", find), known.get("b", find)] == [1, 1, 2]
    now[0] = 59.9
    assert known.get("a", find) == 1
    now[0] = 60
    assert known.get("a", find) == 3


def test_what_is_remembered_is_bounded_and_a_failure_is_not() -> None:
    known = ttl_cache.TtlCache[int](seconds=60)
    with pytest.raises(ZeroDivisionError):
        known.get("a", lambda: 1 // 0)
    assert known.get("a", lambda: 2) == 2
    for number in range(2 * ttl_cache.MOST):
        known.get(number, lambda: 0)
    assert len(known.answers) == ttl_cache.MOST


def test_a_bypass_did_not_ask_the_cache() -> None:
    found = hits({"redis hit": 60, "memory hit": 20, "collapsed": 10, "miss": 10, "bypass": 900})
    assert found.ratio == 0.9
    assert found.asked == 100
    assert hits({"bypass": 3}).ratio is None


def summary(p95: float, requests: int = 1000) -> RouteSummary:
    latency = Quantiles(p95 / 2, p95, p95 * 2, p95 * 3, p95 * 4)
    return RouteSummary("/x", "GET", requests, 0, 0, p95 * requests / 2, latency, {}, (), None)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (summary(0.1), summary(0.12), "slower"),
        (summary(0.1), summary(0.08), "faster"),
        (summary(0.1), summary(0.103), "same"),
        (summary(0.1), summary(0.9, requests=3), "few"),
        (None, summary(0.1), "new"),
        (summary(0.1), None, "gone"),
    ],
)
def test_a_difference_is_named_when_it_is_one(
    before: RouteSummary | None, after: RouteSummary | None, word: str
) -> None:
    assert judge(Change("/x", "GET", before, after)).word == word
