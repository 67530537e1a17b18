"""The OpenAPI document, made from what the endpoints declare."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import WithDefaultSchema
from werkzeug.routing import IntegerConverter, Rule

from hotroute.api.operations import Operation, declared

REFERENCE = "#/components/schemas/{model}"
ERRORS = {
    400: "Not JSON, or not UTF-8",
    401: "A token is missing or not valid",
    403: "It belongs to another user",
    404: "Not found",
    413: "The body is too large",
    415: "The body is not application/json",
    422: "A value is not acceptable",
    429: "Too many attempts",
    503: "The database is not available",
}


class JsonSchema(GenerateJsonSchema):
    """JSON Schema without what only Pydantic means by it.

    An empty default stands for a field that was not sent, which is not the same as one that was sent empty. Titles
    made from names ("Createdat") would be shown in place of the names.
    """

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        empty = schema.get("default") in ("", None, [])
        return self.generate_inner(schema["schema"]) if empty else super().default_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """Texts and models of the document that no operation declares.

    Attributes:
        error_model: of every error's body, as `ApiOptions.build_error` makes it.
        security: the security scheme (https://spec.openapis.org/oas/v3.1.0#security-scheme-object) of operations with
            a caller.
        security_name: the name that they refer to it by.
    """

    title: str
    version: str
    description: str
    error_model: type[BaseModel]
    security: Mapping[str, str]
    security_name: str = "Token"


def document(app: Flask, options: DocumentOptions) -> dict[str, Any]:
    """Return the document of all operations of `app`, as OpenAPI 3.1 JSON."""
    found = [(rule, operation) for rule in app.url_map.iter_rules() if (operation := find(app, rule))]
    spec = APISpec(
        title=options.title,
        version=options.version,
        openapi_version="3.1.0",
        info={"description": options.description},
        tags=[{"name": name} for name in sorted({operation.tag for _, operation in found})],
    )
    spec.components.security_scheme(options.security_name, dict(options.security))
    for name, schema in schemas([operation for _, operation in found], options).items():
        spec.components.schema(name, schema)
    for rule, operation in sorted(found, key=lambda pair: pair[0].rule):
        method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"})).lower()
        spec.path(path(rule), operations={method: describe(rule, operation, options)})
    return spec.to_dict()


def find(app: Flask, rule: Rule) -> Operation | None:
    return declared(app.view_functions[rule.endpoint])


def schemas(operations: list[Operation], options: DocumentOptions) -> dict[str, Any]:
    bodies = {(model, "validation") for operation in operations if (model := operation.body)}
    responses = {(model, "serialization") for operation in operations if (model := operation.response)}
    wanted: list[Any] = sorted(bodies | responses, key=lambda pair: pair[0].__name__)
    wanted.append((options.error_model, "serialization"))
    _, definitions = models_json_schema(wanted, ref_template=REFERENCE, schema_generator=JsonSchema)
    found: dict[str, Any] = definitions["$defs"]
    return found


def path(rule: Rule) -> str:
    """The rule with braces: `/articles/<slug>` is `/articles/{slug}`."""
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule)


def describe(rule: Rule, operation: Operation, options: DocumentOptions) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*path_parameters(rule), *query_parameters(operation.query)],
        "responses": responses(rule, operation, options.error_model),
    }
    if operation.body:
        described["requestBody"] = {"required": True, "content": content(operation.body)}
    if operation.access != "anyone":
        token: dict[str, list[str]] = {options.security_name: []}
        # An empty requirement beside the other says that the token is optional.
        described["security"] = [token] if operation.access == "required" else [{}, token]
    return described


def path_parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0} if is_integer(rule, name) else {"type": "string"},
        }
        for name in sorted(rule.arguments)
    ]


def is_integer(rule: Rule, name: str) -> bool:
    return isinstance(rule._converters[name], IntegerConverter)


def query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(schema_generator=JsonSchema)
    return [
        {"name": name, "in": "query", "allowEmptyValue": True, "schema": given(value)}
        for name, value in schema["properties"].items()
    ]


def given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without null: a query string has no such value, one leaves the parameter out."""
    return next((kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"), schema)


def responses(rule: Rule, operation: Operation, error_model: type[BaseModel]) -> dict[str, Any]:
    success = {"description": "Success"} | ({"content": content(operation.response)} if operation.response else {})
    errors = {
        str(status): {"description": ERRORS.get(status, HTTPStatus(status).phrase), "content": content(error_model)}
        for status in may(rule, operation)
    }
    return {str(operation.status): success, **errors}


def may(rule: Rule, operation: Operation) -> list[int]:
    """The statuses that an operation may answer besides its own, by what it declares."""
    cases = {
        400: operation.body or operation.query,
        401: operation.access != "anyone",
        404: rule.arguments,
        413: operation.body,
        415: operation.body,
        422: operation.body or operation.query,
        503: True,
    }
    return sorted({*operation.errors, *(status for status, case in cases.items() if case)})


def content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}}
