"""CPU time is counted on real processes; they burn it by their own clocks, however busy the machine is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from profiling.bench import cpu

BURNT = 0.3
TICK = 0.01
"""The kernel's accounts are kept in hundredths of a second."""

BURN = f"""
import os, sys, time
def burn():
    while time.process_time() < {BURNT}: pass
def idle():
    print("burnt", flush=True)
    sys.stdin.read()
"""
ITSELF = "burn(); idle()"
LIVING_GRANDCHILD = """
if os.fork(): os.wait()
elif os.fork(): os.wait()
else: burn(); idle()
"""
ENDED_CHILD = """
if child := os.fork(): os.waitpid(child, 0); idle()
else: burn()
"""


@contextmanager
def burning(program: str) -> Iterator[int]:
    """A process that runs the program; its id, once the CPU time is burnt."""
    command = [sys.executable, "-c", BURN + program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"burnt\n"
        yield process.pid


@pytest.mark.parametrize("program", [ITSELF, LIVING_GRANDCHILD, ENDED_CHILD], ids=["itself", "grandchild", "ended"])
def test_a_tree_is_charged_for_every_process_in_it(program: str) -> None:
    with burning(program) as pid:
        assert cpu.spent([pid]) >= BURNT - TICK


def test_two_trees_are_added_up() -> None:
    with burning(ITSELF) as one, burning(ITSELF) as other:
        assert cpu.spent([one, other]) >= 2 * (BURNT - TICK)


def test_a_tree_is_not_charged_for_another() -> None:
    with burning("idle()") as pid, burning(ITSELF):
        before = cpu.spent([pid])
        with burning(ITSELF):
            assert cpu.spent([pid]) - before < BURNT


def test_a_root_that_has_ended_is_an_error_and_not_zero() -> None:
    with burning(ITSELF) as pid:
        pass
    with pytest.raises(psutil.NoSuchProcess):
        cpu.spent([pid])
