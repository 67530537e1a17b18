"""Our OpenAPI document promises all that RealWorld's contract promises."""

from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from schemathesis.openapi import from_dict

from conduit.routes.docs import DOCUMENT
from conduit.schemas.articles import SingleArticleResponse
from hotroute.api import openapi, operations
from tests.conduit.contract.documents import Document, contract

pytestmark = pytest.mark.unit


def test_the_document_is_valid_openapi_3_1(document: Document) -> None:
    assert document.content["openapi"].startswith("3.1.")
    from_dict(document.content).validate()


def test_every_schema_is_valid_json_schema(document: Document) -> None:
    for name, schema in document.content["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_every_reference_leads_somewhere(document: Document) -> None:
    for operation in document.operations.values():
        for schema in (operation.body, *operation.responses.values()):
            assert schema is None or document.follow(schema)
            document.required(schema)


def test_there_is_no_other_operation_but_those_about_jobs(document: Document) -> None:
    ours = {"CreateExport", "CreateLinkPreviews", "GetLinkPreviews"}
    assert set(document.operations) == set(contract().operations) | ours


def test_an_operation_has_its_path_and_method(document: Document, operation_id: str) -> None:
    ours, theirs = document.operations[operation_id], contract().operations[operation_id]
    assert (ours.method, ours.path) == (theirs.method, theirs.path)


def test_an_operation_has_its_parameters(document: Document, operation_id: str) -> None:
    assert document.operations[operation_id].parameters == contract().operations[operation_id].parameters


def test_a_body_must_have_what_the_contract_says_and_nothing_more(document: Document, operation_id: str) -> None:
    ours, theirs = document.operations[operation_id].body, contract().operations[operation_id].body
    assert (ours is None) == (theirs is None)
    assert document.required(ours) == contract().required(theirs)


def test_an_operation_has_its_success_status(document: Document, operation_id: str) -> None:
    assert document.operations[operation_id].success == contract().operations[operation_id].success


def test_an_answer_has_every_field_that_the_contract_requires(document: Document, operation_id: str) -> None:
    ours, theirs = document.operations[operation_id], contract().operations[operation_id]
    required = contract().required(theirs.responses[theirs.success])
    assert required <= document.required(ours.responses[ours.success])


def test_an_operation_asks_for_a_token_where_the_contract_does(document: Document, operation_id: str) -> None:
    def required(declared: Document) -> bool:
        operation = declared.operations[operation_id]
        path = operation.path if operation.path in declared.content["paths"] else operation.path.removeprefix("/api")
        security = declared.content["paths"][path][operation.method.lower()].get("security", [])
        return bool(security) and {} not in security

    assert required(document) == required(contract())


def test_another_resource_has_its_own_tag_errors_and_parameters() -> None:
    app = Flask("shop")

    @operations.operation("GetOrder", tag="Orders", access="anyone", response=SingleArticleResponse, errors=(402, 409))
    def get(number: int, name: str) -> dict[str, Any]:
        """An order."""
        return {"number": number, "name": name}

    @operations.operation("UpdateComments", tag="Comments", access="anyone", status=204)
    def put() -> None:
        """Change what is no comment of Conduit's."""

    app.add_url_rule("/orders/<int:number>/<name>", "get", get)
    app.add_url_rule("/remarks", "put", put, methods=["PUT"])
    made = openapi.document(app, DOCUMENT)
    assert made["tags"] == [{"name": "Comments"}, {"name": "Orders"}]
    described = made["paths"]["/orders/{number}/{name}"]["get"]
    errors = {status: answer["description"] for status, answer in described["responses"].items() if status != "200"}
    assert errors == {
        "402": "Payment Required",
        "404": "Not found",
        "409": "Conflict",
        "503": "The database is not available",
    }
    assert {each["name"]: each["schema"]["type"] for each in described["parameters"]} == {
        "number": "integer",
        "name": "string",
    }
    assert list(made["paths"]["/remarks"]["put"]["responses"]) == ["204", "503"]
