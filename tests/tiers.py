"""Leave out of `make test` what only `make check` runs: long matrices, and proofs by counts.

`@pytest.mark.matrix` marks a test that is left out whole, `@pytest.mark.matrix("name", ...)` one of which the first
value of these parameters is kept.
"""

import pytest


def deselect_matrices(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect them if the option `--short` is given."""
    if config.getoption("short"):
        out = [item for item in items if is_left_out(item)]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def is_left_out(item: pytest.Item) -> bool:
    return any(not marker.args or is_repeated(item, marker) for marker in item.iter_markers("matrix"))


def is_repeated(item: pytest.Item, marker: pytest.Mark) -> bool:
    """Return whether one of these parameters has another than its first value."""
    indices: dict[str, int] = item.callspec.indices if hasattr(item, "callspec") else {}
    missing = [name for name in marker.args if name not in indices]
    # A whole module is marked for those of its tests that have the parameter.
    if missing and marker in item.own_markers:
        raise pytest.UsageError(f"{item.nodeid}: matrix({missing[0]!r}) names no parameter of this test")
    return any(indices.get(name) for name in marker.args)
