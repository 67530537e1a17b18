"""OpenAPI documents as the tests ask them: RealWorld's contract (openapi.yml, under the LICENSE beside it) and ours."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """An operation with what its references lead to; `path` begins with the API's prefix."""

    id: str
    method: str
    path: str
    parameters: frozenset[tuple[str, str, bool, str]]
    """Of each parameter: where it is, its name, whether it is required, and its type."""
    body: Json | None
    """The schema of the JSON that is sent."""
    responses: dict[int, Json | None]
    """The schema of the JSON that is answered, by status; None where there is no content."""

    @property
    def success(self) -> int:
        return next(status for status in self.responses if status < 400)

    @property
    def errors(self) -> list[int]:
        return [status for status in self.responses if status >= 400]


class Document:
    """An OpenAPI 3.1 document. `prefix` is what its server's URL puts before its paths."""

    def __init__(self, content: Json, prefix: str = "") -> None:
        self.content = content
        found = [
            self._operation(prefix + path, method, declared)
            for path, item in content["paths"].items()
            for method, declared in item.items()
            if method in METHODS
        ]
        self.operations = {operation.id: operation for operation in found}

    def follow(self, node: Json) -> Json:
        """What the node refers to, or the node itself."""
        while "$ref" in node:
            target: Any = self.content
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def required(self, schema: Json | None, path: str = "") -> set[str]:
        """The paths of all required fields, such as `article.author.username`."""
        if schema is None:
            return set()
        schema = self.follow(schema)
        found = {f"{path}{name}" for name in schema.get("required", [])}
        for name, inner in schema.get("properties", {}).items():
            found |= self.required(inner, f"{path}{name}.")
        return found | self.required(schema.get("items"), f"{path}[].")

    def validator(self, schema: Json) -> jsonschema_rs.Validator:
        with_definitions = {**self.follow(schema), "components": self.content["components"]}
        return jsonschema_rs.Draft202012Validator(with_definitions, validate_formats=True)

    def _operation(self, path: str, method: str, declared: Json) -> Operation:
        parameters = map(self.follow, declared.get("parameters", []))
        responses = {int(status): self._json(found) for status, found in declared["responses"].items()}
        return Operation(
            id=declared["operationId"],
            method=method.upper(),
            path=path,
            parameters=frozenset(
                (each["in"], each["name"], each.get("required", False), each["schema"]["type"]) for each in parameters
            ),
            body=self._json(declared["requestBody"]) if "requestBody" in declared else None,
            responses=responses,
        )

    def _json(self, node: Json) -> Json | None:
        content = self.follow(node).get("content", {})
        schema: Json | None = content["application/json"]["schema"] if content else None
        return schema


@cache
def contract() -> Document:
    text = Path(__file__).with_name("openapi.yml").read_text()
    return Document(yaml.safe_load(text), prefix="/api")
