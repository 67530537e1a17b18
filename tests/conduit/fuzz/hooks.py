"""Loaded by schemathesis: a check of this API's own."""

from typing import Any

import schemathesis

from tests.conduit.contract.shape import is_error


@schemathesis.check
def every_error_has_the_one_shape(_context: Any, response: Any, _case: Any) -> None:
    """An answer of 400 or above is `{"errors": {"<field>": ["<message>"]}}` in JSON, but to HEAD, which has no body."""
    if response.status_code >= 400 and response.request.method != "HEAD":
        kind = (response.headers.get("content-type") or [""])[0]
        assert kind == "application/json", f"an error of the type {kind!r}"
        assert is_error(response.json()), f"an error of another shape: {response.text[:200]}"
