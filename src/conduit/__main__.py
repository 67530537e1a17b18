"""`python -m conduit`: the example's commands, which the wheel of the engine does not install."""

from conduit.cli import main

main(prog_name="conduit")
