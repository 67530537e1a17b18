"""What is made of the runs: medians, ratios, verdicts, and the files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from profiling.bench import report, results
from profiling.bench.cases import BARE, FLASK_CACHING, FLOOR, HITS, READS, Case
from profiling.bench.results import Result
from profiling.bench.rounds import Measured, Run

pytestmark = pytest.mark.unit

LIST, SIGNED_IN = READS[:2]
HIT = next(case for case in HITS if case.limits)


def measured(case: Case, *costs: float) -> Measured:
    return Measured(case, [Run(cost, 1e6 / cost) for cost in costs], 17)


def summary(*costs: float) -> Result:
    """The list's, beside a bare Flask view of 200 us."""
    return results.summarize([measured(LIST, *costs), measured(FLOOR, *[200.0] * len(costs))])[0]


def test_the_middle_run_counts_and_the_extremes_are_told() -> None:
    found = summary(900, 500, 520, 540, 400)
    assert (found.cpu, found.lowest, found.highest) == (520, 400, 900)
    assert found.rate == pytest.approx(1e6 / 520)


def test_the_ratio_is_taken_within_each_round() -> None:
    """The machine was twice as slow in the second round, for both."""
    found = results.summarize([measured(FLOOR, 200, 400, 200), measured(LIST, 500, 1000, 560)])
    assert found[1].ratio == pytest.approx(2.5)


@pytest.mark.parametrize(("cost", "verdict"), [(600, "at most 3.0: met"), (602, "at most 3.0: NOT MET")])
def test_an_expectation_is_met_or_not(cost: float, verdict: str) -> None:
    assert summary(cost).verdict == verdict


@pytest.mark.parametrize(("cost", "met"), [(250, True), (252, False)])
def test_an_expectation_may_be_a_multiple_of_another_case(cost: float, met: bool) -> None:
    """Of bare WSGI at 100 us, and of the other cache at 500."""
    costs = {BARE: 100.0, FLOOR: 200.0, FLASK_CACHING: 504.0, HIT: cost}
    found = results.summarize([measured(case, price) for case, price in costs.items()])[-1]
    assert found.met is met
    assert found.verdict.startswith(f"at most 2.5 x bare WSGI, is {cost / 100:.2f}: {'met' if met else 'NOT MET'}")
    assert "at most 0.5 x Conduit on Flask-Caching, is 0.50: met" in found.verdict


def test_a_case_is_held_against_its_own_database() -> None:
    hit, other = (replace(case, site=replace(case.site, database="SQLite")) for case in (HIT, FLASK_CACHING))
    found = results.summarize([measured(BARE, 100), measured(FLOOR, 200), measured(other, 600), measured(hit, 150)])
    assert [round(limit.ratio, 2) for limit in found[-1].limits] == [1.5, 0.25]


def test_a_case_without_an_expectation_has_no_verdict() -> None:
    found = results.summarize([measured(FLOOR, 200), measured(SIGNED_IN, 5000)])[1]
    assert (found.met, found.verdict) == (None, "")


def test_the_issues_two_expectations_are_in_the_table_of_cases() -> None:
    assert {case.path: case.at_most for case in READS if case.at_most} == {
        "/api/articles": 3.0,
        "/api/articles/{slug}": 2.0,
    }
    assert not any(case.signed_in for case in READS if case.at_most)


def test_the_results_are_written_for_people_and_for_programs(tmp_path: Path) -> None:
    found = results.summarize([measured(FLOOR, 200), measured(LIST, 700)])
    report.write(tmp_path, found, {"CPU": "a fast one"})
    text = (tmp_path / "bench.md").read_text()
    row = next(line for line in text.splitlines() if "list of 20" in line)
    assert [cell.strip() for cell in row.split("|")[2:5]] == ["700", "700 - 700", "3.50"]
    assert "NOT MET" in row
    assert "- CPU: a fast one" in text
    stored = json.loads((tmp_path / "bench.json").read_text())
    assert stored["results"][1] | {"ratio": 3.5, "met": False, "bytes": 17} == stored["results"][1] | {"bytes": 17}
