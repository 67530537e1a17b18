"""The report of `make prove`: a proof that is run again replaces what it said, and only that."""

import pytest
from profiling.prove import PROOFS, Seen, commit, report, section, sections

pytestmark = pytest.mark.unit

FIRST, SECOND = PROOFS[:2]


def test_what_was_seen_can_be_read_again() -> None:
    seen = section(FIRST, [Seen("test_it", "passed", 3.2, "reads: 12")], "commit abc")
    assert "| test it | passed | 3 | reads: 12 |" in seen
    assert "commit abc, " in seen
    assert "`PROVE_EVENTS=20`" in seen
    assert sections(report({FIRST.claim: seen})) == {FIRST.claim: seen}


def test_a_proof_that_is_run_again_replaces_its_own_part_only() -> None:
    known = {proof.claim: section(proof, [Seen("one", "passed", 1)], "commit abc") for proof in (SECOND, FIRST)}
    again = section(FIRST, [Seen("two", "failure", 1)], "commit def")
    text = report(sections(report(known)) | {FIRST.claim: again})
    assert text.index(FIRST.claim) < text.index("| two | failure |") < text.index(SECOND.claim)
    assert "| one | passed |" in text[text.index(SECOND.claim) :]


def test_a_proof_that_there_is_no_more_is_left_out() -> None:
    assert sections(report({"The earth is flat": "seen"})) == {}


def test_the_commit_is_named() -> None:
    assert commit().startswith(("commit ", "no commit"))
