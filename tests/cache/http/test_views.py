"""`@hot` on classes of views, Flask's own and those of Flask-RESTful and flask-smorest: hot, or refused by name."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.views import MethodView, View
from flask_restful import Api, Resource
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, fields

from hotroute.cache import hot
from tests.cache.http.site import Site

pytestmark = pytest.mark.unit

Build = Callable[[Flask], None]
KEPT = {"text": "old"}


def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def guard(*arguments: Any, **named: Any) -> Any:
        return view(*arguments, **named)

    return guard


class Put:
    """What a resource is changed by; it says so by its path alone."""

    def put(self) -> Any:
        KEPT["text"] = "new"
        return {}


class Note(Put, MethodView):
    @hot(tags=())
    def get(self) -> Any:
        return dict(KEPT)


class Inherited(Note):
    """Which is as hot as its parent."""


class RestfulNote(Put, Resource):
    @hot(tags=(), vary=("Accept",))
    def get(self) -> Any:
        return dict(KEPT)


def as_method_view(app: Flask) -> None:
    app.add_url_rule("/note", view_func=Note.as_view("note"))


def as_inherited(app: Flask) -> None:
    app.add_url_rule("/note", view_func=Inherited.as_view("note"))


def as_one_instance(app: Flask) -> None:
    class Once(Note):
        init_every_request = False

    app.add_url_rule("/note", view_func=Once.as_view("note"))


def as_restful(app: Flask) -> None:
    Api(app).add_resource(RestfulNote, "/note")


def as_smorest(app: Flask) -> None:
    app.config |= {"API_TITLE": "Notes", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
    api, blueprint = SmorestApi(app), SmorestBlueprint("notes", "notes")

    class NoteSchema(Schema):
        text = fields.String()

    @blueprint.route("/note")
    class SmorestNote(Put, MethodView):
        @hot(tags=())
        @blueprint.response(200, NoteSchema)
        def get(self) -> Any:
            return KEPT

    api.register_blueprint(blueprint)


@pytest.mark.parametrize("build", [as_method_view, as_inherited, as_one_instance, as_restful, as_smorest])
def test_the_get_of_a_class_is_hot_and_its_other_methods_are_not(build: Build) -> None:
    KEPT["text"] = "old"
    site = Site()
    build(site.app)
    site.start()
    answer = site.twice("/note")
    assert answer.hit
    assert json.loads(answer.body) == {"text": "old"}
    assert site.get("/note", method="HEAD").hit
    assert site.get("/note", method="PUT").status == 200
    assert b"new" in site.get("/note").body
    assert site.get("/note").hit


def test_a_restful_resource_says_which_field_its_representation_depends_on() -> None:
    class Plain(Resource):
        @hot(tags=())
        def get(self) -> Any:
            return {}

    site = Site()
    Api(site.app).add_resource(Plain, "/note")
    assert site.start().twice("/note").detail == "UNKEYED-ACCEPT"


def by_api_decorator(app: Flask) -> None:
    class Whole(Resource):
        def get(self) -> Any:
            return {}

    Api(app, decorators=[hot(tags=(), vary=("Accept",))]).add_resource(Whole, "/note")


def test_a_decorator_of_an_api_makes_its_resources_hot() -> None:
    site = Site()
    by_api_decorator(site.app)
    assert site.start().twice("/note").hit


def refused_classes() -> dict[str, tuple[Build, str]]:  # noqa: C901  # a list of classes
    class Guarded(MethodView):
        decorators: ClassVar[list[Any]] = [guarded]

        @hot()
        def get(self) -> str:
            return ""

    class Below(MethodView):
        @guarded
        @hot()
        def get(self) -> str:
            return ""

    class Writes(MethodView):
        def get(self) -> str:
            return ""

        @hot()
        def post(self) -> str:
            return ""

    class Dispatches(MethodView):
        @hot()
        def get(self) -> str:
            return ""

        def dispatch_request(self, **arguments: Any) -> Any:
            return super().dispatch_request(**arguments)

    class Whole(View):
        @hot()
        def dispatch_request(self) -> str:
            return ""

    class ByMethod(Resource):
        method_decorators: ClassVar[list[Any]] = [hot()]

        def get(self) -> Any:
            return {}

    class ByName(ByMethod):
        method_decorators: ClassVar[dict[str, Any]] = {"get": [hot()]}  # type: ignore[assignment]

    class Authenticated(RestfulNote):
        method_decorators: ClassVar[dict[str, Any]] = {"get": [guarded]}

    @hot(tags=())
    class MarkedNote(Resource):
        def get(self) -> Any:
            return {}

    def flask(view: type[View]) -> Build:
        return lambda app: app.add_url_rule("/note", view_func=view.as_view("note"))

    def restful(view: type[Resource], **options: Any) -> Build:
        return lambda app: Api(app, **options).add_resource(view, "/note")

    around = "right below the route's decorator"
    return {
        "decorators": (flask(Guarded), around),
        "around as_view": (lambda app: app.add_url_rule("/n", "n", guarded(Note.as_view("n"))), around),
        "above @hot": (flask(Below), rf"Below.get: .*{around}"),
        "post": (flask(Writes), "Writes.post: only get can be hot"),
        "its own dispatch_request": (flask(Dispatches), "Dispatches.dispatch_request is its own"),
        "dispatch_request": (flask(Whole), "Whole.dispatch_request: only get can be hot, or the class"),
        "method_decorators": (restful(ByMethod), r"ByMethod.method_decorators has hot\(\): put @hot on its get"),
        "method_decorators by name": (restful(ByName), "ByName.method_decorators"),
        "other method_decorators": (restful(Authenticated), rf"Authenticated: .*{around}"),
        "an API's decorators": (restful(RestfulNote, decorators=[guarded]), around),
        "an API's decorators around a class": (restful(MarkedNote, decorators=[guarded]), around),
    }


REFUSED = refused_classes()


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_hit_would_skip_or_never_be_is_refused_by_name(case: str) -> None:
    build, words = REFUSED[case]
    site = Site()
    build(site.app)
    with pytest.raises(ValueError, match=words) as refused:
        site.start()
    assert "\n" not in str(refused.value)


def test_a_bound_method_is_refused_as_what_it_is() -> None:
    with pytest.raises(ValueError, match="cannot be hot: put @hot on a view function, or on a class's get"):
        hot()(Note().get)


def test_a_resource_that_is_not_hot_is_left_alone() -> None:
    class Cold(Resource):
        method_decorators: ClassVar[list[Any]] = [guarded]

        def get(self) -> Any:
            return {}

    site = Site()
    Api(site.app).add_resource(Cold, "/note")
    assert site.start().twice("/note").cache == ""
