"""The long forms of the tests, with the full counts; what was seen goes to profiling/results/prove.md.

`python -m profiling.prove`, or `make prove`; words choose the proofs whose claims have them. In all it takes more than
an hour, and is bounded in count and time.
"""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from rich.console import Console

RESULTS = Path("profiling/results/prove.md")
console = Console()


@dataclass(frozen=True)
class Proof:
    """Some tests, and the counts at which they prove something."""

    claim: str
    tests: tuple[str, ...]
    counts: dict[str, str]


PROOFS = (
    Proof(
        "HUP, USR2, TERM, max_requests and a full restart lose no request behind the proxy, and run none twice",
        ("tests/serving/gunicorn/test_restarts.py",),
        {"PROVE_EVENTS": "20", "PROVE_REQUESTS": "20000"},
    ),
    Proof(
        "No process uses its parent's connections: each answer is the right one, however processes are started",
        ("tests/forks",),
        {"PROVE_FORK_REQUESTS": "1200"},
    ),
    Proof(
        "Hosts behind one proxy: HUP and restarts in turn lose no request, the end of one no GET; reloads lose none",
        ("tests/serving/nginx/test_hosts.py", "tests/serving/nginx/test_reload.py"),
        {"PROVE_EVENTS": "20", "PROVE_REQUESTS": "20000"},
    ),
    Proof(
        "1,200 slow clients slow nobody down, and no request is hidden from the proxy",
        ("tests/serving/nginx/test_slow.py", "tests/serving/nginx/test_smuggling.py"),
        {"PROVE_SLOW_CLIENTS": "1200"},
    ),
    Proof(
        "Refused uploads of every method, size and framing get their 4xx, and no other client's request is hurt",
        ("tests/serving/nginx/test_refused_bodies.py", "tests/conduit/journey/test_refused_bodies.py"),
        # Through each of two Nginx, over HTTP/2 half as many, directly, and to Conduit: 6.5 times as many in all.
        {"PROVE_REFUSALS": "900"},
    ),
    Proof(
        "kill -9 of workers, of everything, and of the database lose nothing that was acknowledged",
        ("tests/conduit/reliability/test_kills.py",),
        {"PROVE_KILLS": "25"},
    ),
    Proof(
        "No migration loses a row, and kill -9 during one leaves the old schema or the new one",
        ("tests/migrations", "tests/conduit/test_migrations.py"),
        {"PROVE_MIGRATION_KILLS": "50"},
    ),
    Proof(
        "No input gets a 5xx: every operation fuzzed from its own document, and malformed bytes",
        ("tests/conduit/fuzz",),
        {"PROVE_EXAMPLES": "2000", "PROVE_STREAMS": "500"},
    ),
    Proof(
        "Nothing unsafe starts, and every operation says who may call it",
        ("tests/conduit/test_settings.py", "tests/conduit/test_edge.py", "tests/serving/nginx/test_dev_certificate.py"),
        {},
    ),
    Proof(
        "No answer of the cache is stale, with kill -9 of workers and of Redis along the way; a broken cache is caught",
        ("tests/conduit/torture",),
        {"PROVE_READS": "200000"},
    ),
    Proof(
        "The cache's protocol holds in every interleaving, and its code does what the model says",
        ("tests/cache/model", "tests/cache/model/test_replay.py", "tests/cache/model/test_state_machine.py"),
        {"PROVE_MODEL": "1", "PROVE_WALKS": "200", "PROVE_EXAMPLES": "400"},
    ),
    Proof(
        "Whatever becomes of Redis: right answers, writes that succeed or say try again, and a cache that comes back",
        ("tests/cache/failure",),
        {"PROVE_OUTAGES": "1", "PROVE_FAILOVERS": "1"},
    ),
    Proof(
        "Any sequence of API calls is answered the same with the cache on and off",
        ("tests/conduit/test_hot_routes.py",),
        {"PROVE_SEQUENCES": "500"},
    ),
)


@dataclass(frozen=True)
class Seen:
    """How a test ended."""

    name: str
    outcome: str
    seconds: float
    counts: str = ""


def main() -> int:
    words = [word.lower() for word in sys.argv[1:]]
    chosen = [proof for proof in PROOFS if not words or any(word in proof.claim.lower() for word in words)]
    # Now: what is written below is a change of its own.
    bad, which = 0, commit()
    for proof in chosen:
        tests = prove(proof)
        bad += sum(test.outcome != "passed" for test in tests)
        # After each, so that an interrupted run leaves what it has seen; what others saw stays.
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        known = sections(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(report(known | {proof.claim: section(proof, tests, which)}))
    console.print(f"Written to {RESULTS}: {len(chosen)} of {len(PROOFS)} proofs, {bad} tests that did not pass")
    return int(bad > 0)


def prove(proof: Proof) -> list[Seen]:
    console.rule(proof.claim)
    with TemporaryDirectory() as folder:
        xml = Path(folder) / "results.xml"
        # Their own output is the progress: one line for each test.
        # xunit1: what a test records of itself has no place in xunit2.
        options = ["-v", "--timeout=7200", "-o", "junit_family=xunit1", f"--junitxml={xml}"]
        command = [sys.executable, "-m", "pytest", *options, *proof.tests]
        subprocess.run(command, env={**os.environ, **proof.counts}, check=False)
        if not xml.exists():
            return [Seen(" ".join(proof.tests), "did not run", 0)]
        return [read(case) for case in ElementTree.parse(xml).iter("testcase")]


def read(case: ElementTree.Element) -> Seen:
    bad = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
    told = [f"{each.get('name')}: {int(each.get('value', 0)):,}" for each in case.iter("property")]
    return Seen(case.get("name", ""), bad[0] if bad else "passed", float(case.get("time", 0)), ", ".join(told))


TABLE = ("| test | | s | seen |", "|---|---|--:|---|")


def row(test: Seen) -> str:
    return f"| {test.name.replace('_', ' ')} | {test.outcome} | {test.seconds:.0f} | {test.counts} |"


def section(proof: Proof, tests: list[Seen], which: str) -> str:
    counts = ", ".join(f"`{name}={value}`" for name, value in proof.counts.items())
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    return "\n".join(
        (f"{datetime.now(UTC):%Y-%m-%d}, {which}, {where}. {counts}".strip(), "", *TABLE, *map(row, tests))
    )


def commit() -> str:
    """The one that is checked out, as far as this is a clone."""
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return f"commit {asked.stdout.strip()}" if asked.stdout else "no commit"


def sections(text: str) -> dict[str, str]:
    """By claim."""
    parts = (part.partition("\n") for part in text.split("\n## ")[1:])
    return {claim: body.strip() for claim, _, body in parts}


def report(known: dict[str, str]) -> str:
    """Of the proofs that there are, in their order."""
    lines = ["# What `make prove` saw"]
    for proof in PROOFS:
        if proof.claim in known:
            lines += ["", f"## {proof.claim}", "", known[proof.claim]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
