"""An application's own words in its API: callers, the challenge of a 401, the shape of errors, the document's texts."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel
from sqlalchemy import Column, Integer, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session

from hotroute import api
from hotroute.api import Access, ApiOptions, openapi, operation
from hotroute.api.errors import Unauthorized
from hotroute.database import engines
from hotroute.database.constraints import UniqueViolationError
from hotroute.database.transaction import writing


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String(50), unique=True)


class NoteBody(BaseModel):
    text: str


class Problem(BaseModel):
    problems: dict[str, list[str]]


DOCUMENT = openapi.DocumentOptions(
    title="Notes",
    version="2",
    description="Notes of a shop.",
    error_model=Problem,
    security={"type": "http", "scheme": "bearer"},
    security_name="Bearer",
)


def identify(access: Access) -> str | None:
    if access == "required":
        raise Unauthorized("caller", "is unknown")
    return None


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    engines.prepare(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def app(session: Session) -> Flask:
    app = Flask("notes")
    api.init_app(app, ApiOptions(identify, 'Bearer realm="shop"', lambda errors: {"problems": errors}))

    @app.post("/notes")
    @operation("AddNote", tag="Notes", access="optional", body=NoteBody, response=NoteBody, status=201)
    def add(viewer: None, body: NoteBody) -> dict[str, str]:
        """Add a note."""
        with writing(session):
            session.add(Note(text=body.text))
        return {"text": body.text}

    @app.delete("/notes")
    @operation("Clear", tag="Notes")
    def clear(viewer: str) -> None:
        """Remove all notes."""

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_errors_have_the_shape_of_the_application(client: FlaskClient) -> None:
    invalid = client.post("/notes", json={"text": 1})
    assert (invalid.status_code, invalid.json) == (422, {"problems": {"text": ["must be a string"]}})
    missing = client.get("/nothing")
    assert (missing.status_code, missing.json) == (404, {"problems": {"body": ["not found"]}})


def test_a_401_has_the_challenge_of_the_application(client: FlaskClient) -> None:
    refused = client.delete("/notes")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="shop"')


def test_a_value_that_another_row_has_is_a_422_of_its_column(client: FlaskClient) -> None:
    assert client.post("/notes", json={"text": "one"}).status_code == 201
    again = client.post("/notes", json={"text": "one"})
    assert (again.status_code, again.json) == (422, {"problems": {"text": ["has already been taken"]}})


def test_a_violation_rolls_back_and_names_its_columns(session: Session) -> None:
    with writing(session):
        session.add(Note(text="one"))
    with pytest.raises(UniqueViolationError) as violation, writing(session):
        session.add_all([Note(text="two"), Note(text="one")])
    assert violation.value.columns == ("text",)
    assert [*session.scalars(select(Note.text))] == ["one"]


def test_the_document_has_the_texts_and_models_of_the_application(app: Flask) -> None:
    document = openapi.document(app, DOCUMENT)
    assert (document["info"]["title"], document["info"]["description"]) == ("Notes", "Notes of a shop.")
    assert document["components"]["securitySchemes"] == {"Bearer": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/notes"]["delete"]["security"] == [{"Bearer": []}]
    refused = document["paths"]["/notes"]["post"]["responses"]["422"]["content"]["application/json"]["schema"]
    assert refused == {"$ref": "#/components/schemas/Problem"}
    assert "Conduit" not in str(document)


def test_an_operation_with_callers_needs_a_function_that_identifies_them() -> None:
    app = Flask("notes")
    app.testing = True
    api.init_app(app)

    @app.get("/")
    @operation("Find", tag="Notes")
    def find(viewer: str) -> None:
        """Find nothing."""

    answer = app.test_client().get("/")
    assert (answer.status_code, answer.json) == (500, {"errors": {"body": ["internal server error"]}})
