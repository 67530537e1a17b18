"""The one shape of every error."""

from typing import Any


def is_error(payload: Any) -> bool:
    """Whether it is `{"errors": {field: [messages]}}`, with a field, and a message for each, and nothing else."""
    if not isinstance(payload, dict) or set(payload) != {"errors"} or not isinstance(payload["errors"], dict):
        return False
    return bool(payload["errors"]) and all(map(is_messages, payload["errors"].values()))


def is_messages(messages: Any) -> bool:
    return isinstance(messages, list) and bool(messages) and all(isinstance(each, str) and each for each in messages)
