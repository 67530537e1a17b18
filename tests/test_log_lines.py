"""Whatever is logged is one line of valid JSON."""

import json
import logging
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotroute.logging import JsonLine, RequestId
from hotroute.request_log import Ended, RequestRecord


class Silent:
    """An object that fails when it is asked for a text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Odd(dict[str, int]):
    """A mapping that fails when it is walked through."""

    def items(self) -> Any:
        raise RuntimeError("no items")


class Named(str):
    """A text that fails when it is encoded by its own method."""

    def encode(self, *_: object, **__: object) -> bytes:
        raise RuntimeError("no bytes")


class Broken(Exception):
    """An error whose words fail."""

    __str__ = Silent.__str__


class Lines(logging.Handler):
    """A handler that keeps what it would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLine())
        self.addFilter(RequestId())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def test_a_length_that_is_no_number_does_not_take_a_requests_line() -> None:
    ended = Ended(0.0, "id", "GET", "/", 200, "many", 0.0, None)
    assert json.loads(JsonLine().format(RequestRecord(ended)))["bytes"] is None


def written(message: object, *arguments: object, **options: Any) -> dict[str, Any]:
    handler = Lines()
    # Apart from the root logger, and so from the handlers of pytest.
    log = logging.Logger("apart")
    log.addHandler(handler)
    log.warning(message, *arguments, **options)
    (line,) = handler.lines
    assert len(line.splitlines()) == 1
    found: dict[str, Any] = json.loads(line.encode(), parse_constant=pytest.fail)
    assert {"level", "logger", "message", "time"} <= found.keys()
    return found


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def within_itself() -> dict[str, Any]:
    found: dict[str, Any] = {"name": "a"}
    found["self"] = [found, found]
    return found


def doubled(levels: int) -> list[Any]:
    found: list[Any] = [2**70]
    for _ in range(levels):
        found = [found, found]
    return found


VALUES: dict[str, tuple[object, object]] = {
    "surrogate": (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\udce9"),
    "huge": (2**70, 2**70),
    "huge below zero": (-(2**70), -(2**70)),
    "too many digits": (10**5000, hex(10**5000)),
    "keys": ({1: 2, None: 3, (1, 2): 4}, {"1": 2, "None": 3, "(1, 2)": 4}),
    "surrogate key": ({"\udce9": 1}, {"\\udce9": 1}),
    "not a number": (float("nan"), None),
    "infinity beside what is huge": ([float("inf"), 2**70], [None, 2**70]),
    "bytes": (b"caf\xe9", "caf\\xe9"),
    "bytes as a key": ({b"\xe9": 1}, {"\\xe9": 1}),
    "set": ({1}, "{1}"),
    "decimal": (Decimal("1.50"), "1.50"),
    "within itself": (within_itself(), {"name": "a", "self": ["...", "..."]}),
    "line ends": ("a\nb\r\x0b\x85\u2028\u2029\0", "a\nb\r\x0b\x85\u2028\u2029\0"),
    "a text of its own": (Named("\udce9"), "\\udce9"),
    "exception": (ValueError("caf\udce9"), "caf\\udce9"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_written_as_near_as_json_can(name: str) -> None:
    value, expected = VALUES[name]
    assert written("x", extra={"value": value})["value"] == expected


@pytest.mark.parametrize(
    "value", [Silent(), [Silent()], {Silent(): Silent()}, Odd(a=1), nested(500), doubled(40)], ids=range(6)
)
def test_a_value_that_cannot_be_written_still_has_a_line(value: object) -> None:
    assert "value" in written("x", extra={"value": value, "other": 2**70})


@pytest.mark.parametrize("name", [*VALUES, "silent", "odd"])
def test_every_value_can_be_a_message_and_an_argument(name: str) -> None:
    value = {"silent": Silent(), "odd": Odd(a=1)}.get(name) or VALUES[name][0]
    assert isinstance(written(value)["message"], str)
    assert isinstance(written("got %s", value)["message"], str)
    assert isinstance(written("got %r and %s", (value,), value)["message"], str)


@pytest.mark.parametrize(
    ("message", "arguments"), [("100%", (1,)), ("%d", ("x",)), ("%s", (1, 2)), ("%s %s", (1,)), ("%(a)s", ({"b": 1},))]
)
def test_a_message_whose_arguments_do_not_fit_keeps_both(message: str, arguments: tuple[object, ...]) -> None:
    assert written(message, *arguments)["message"].startswith(f"{message} ")


def test_the_stack_is_written() -> None:
    assert "test_the_stack_is_written" in written("x", stack_info=True)["stack_info"]


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        ValueError("caf\udce9"),
        Broken(),
        ExceptionGroup("two\udce9", [ValueError("\udce9"), ExceptionGroup("deeper", [OSError(2**70)])]),
        RecursionError("deep"),
        UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "bad"),
    ],
)
def test_an_exception_is_written_with_where_it_was_raised(error: Exception) -> None:
    error.add_note("seen at \udce9")
    text = written("x", exc_info=raised(error))["exc_info"]
    assert type(error).__name__ in text
    assert "in raised" in text
    assert "seen at \\udce9" in text


def test_what_another_handler_has_made_of_an_exception_is_written() -> None:
    """A record that comes from another process has the text and no exception (logging.handlers.QueueHandler)."""
    record = logging.makeLogRecord({"msg": "x", "levelname": "ERROR", "exc_text": "Traceback"})
    assert json.loads(JsonLine().format(record))["exc_info"] == "Traceback"


@pytest.mark.parametrize("name", ["level", "logger", "time"])
def test_what_is_given_under_a_name_of_the_line_is_kept_beside_it(name: str) -> None:
    found = written("x", extra={name: "mine"})
    assert found[f"extra_{name}"] == "mine"
    assert found[name] != "mine"


def test_names_need_not_be_text() -> None:
    assert written("x", extra={1: 2, "\udce9": 3})["\\udce9"] == 3


texts = st.text(st.characters(codec=None, categories=None))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary() | st.decimals(allow_nan=False)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(scalars, inner), max_leaves=20)


@given(message=texts, arguments=st.lists(values, max_size=3), extra=values)
def test_anything_is_one_line(message: str, arguments: list[object], extra: object) -> None:
    written(message, *arguments, extra={"value": extra})
