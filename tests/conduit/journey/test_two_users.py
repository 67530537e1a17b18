"""The life of two users, through Nginx, Gunicorn and Redis, over HTTPS."""

import re

from tests.api import PASSWORD
from tests.conduit.contract.shape import is_error
from tests.conduit.journey.conftest import ORIGIN, FrontEnd
from tests.servers import Proxy, wait_until


def test_two_users_write_and_read_each_other(proxy: Proxy, nobody: FrontEnd) -> None:
    writer, reader = FrontEnd(proxy), FrontEnd(proxy)
    writer.register("astrid")
    reader.register("hiccup")
    total = nobody.get("/articles")["articlesCount"]
    assert total == 50

    slug = publish(writer)
    assert nobody.get("/articles")["articlesCount"] == total + 1
    assert nobody.get("/articles")["articles"][0]["slug"] == slug
    assert "flying-lessons" in nobody.get("/tags")["tags"]

    follow_and_favour(reader, slug)
    assert nobody.get(f"/articles/{slug}")["article"]["favoritesCount"] == 1
    assert nobody.get("/articles?favorited=hiccup")["articlesCount"] == 1

    comment = discuss(writer, reader, slug)
    slug = revise(writer, reader, slug)
    assert [each["id"] for each in nobody.get(f"/articles/{slug}/comments")["comments"]] == [comment]

    change_account(writer)
    take_back(reader, slug)
    withdraw(writer, reader, slug)
    assert nobody.get("/articles")["articlesCount"] == total
    assert "flying-lessons" not in nobody.get("/tags")["tags"]


def publish(writer: FrontEnd) -> str:
    draft = {"title": "Flying at night", "description": "A start", "body": "Hold on.", "tagList": ["flying-lessons"]}
    article = writer.expect(201, "POST", "/articles", {"article": draft})["article"]
    assert article["author"]["username"] == "astrid"
    slug: str = article["slug"]
    return slug


def follow_and_favour(reader: FrontEnd, slug: str) -> None:
    assert reader.get("/articles/feed") == {"articles": [], "articlesCount": 0}
    assert reader.expect(200, "POST", "/profiles/astrid/follow")["profile"]["following"] is True
    [article] = reader.get("/articles/feed")["articles"]
    assert (article["slug"], article["author"]["following"]) == (slug, True)
    favoured = reader.expect(200, "POST", f"/articles/{slug}/favorite")["article"]
    assert (favoured["favorited"], favoured["favoritesCount"]) == (True, 1)


def discuss(writer: FrontEnd, reader: FrontEnd, slug: str) -> int:
    """The reader's comment stays, the writer's is deleted again; neither may delete the other's."""
    path = f"/articles/{slug}/comments"
    question = reader.expect(200, "POST", path, {"comment": {"body": "In the rain, too?"}})["comment"]["id"]
    answer = writer.expect(200, "POST", path, {"comment": {"body": "Better not."}})["comment"]["id"]
    assert [each["id"] for each in reader.get(path)["comments"]] == [answer, question]
    assert is_error(writer.expect(403, "DELETE", f"{path}/{question}"))
    assert writer.expect(204, "DELETE", f"{path}/{answer}") is None
    assert isinstance(question, int)
    return question


def revise(writer: FrontEnd, reader: FrontEnd, slug: str) -> str:
    change = {"article": {"title": "Flying by day"}}
    assert is_error(reader.expect(403, "PUT", f"/articles/{slug}", change))
    revised = writer.expect(200, "PUT", f"/articles/{slug}", change)["article"]
    assert revised["updatedAt"] > revised["createdAt"]
    assert is_error(reader.expect(404, "GET", f"/articles/{slug}"))
    renamed: str = revised["slug"]
    return renamed


def change_account(writer: FrontEnd) -> None:
    """A new password, with which one can log in; the old one does not do any more."""
    writer.expect(200, "PUT", "/user", {"user": {"bio": "Flies", "password": "a new password"}})
    assert writer.get("/profiles/astrid")["profile"]["bio"] == "Flies"
    credentials = {"email": "astrid@example.com", "password": PASSWORD}
    assert is_error(writer.expect(401, "POST", "/users/login", {"user": credentials}))
    signed_in = writer.expect(200, "POST", "/users/login", {"user": {**credentials, "password": "a new password"}})
    writer.token = signed_in["user"]["token"]
    assert writer.get("/user")["user"]["email"] == "astrid@example.com"


def take_back(reader: FrontEnd, slug: str) -> None:
    assert reader.expect(200, "DELETE", "/profiles/astrid/follow")["profile"]["following"] is False
    assert reader.get("/articles/feed")["articlesCount"] == 0
    assert reader.expect(200, "DELETE", f"/articles/{slug}/favorite")["article"]["favoritesCount"] == 0
    reader.expect(200, "POST", f"/articles/{slug}/favorite")


def withdraw(writer: FrontEnd, reader: FrontEnd, slug: str) -> None:
    assert is_error(reader.expect(403, "DELETE", f"/articles/{slug}"))
    assert writer.expect(204, "DELETE", f"/articles/{slug}") is None
    assert is_error(reader.expect(404, "GET", f"/articles/{slug}/comments"))
    assert reader.get("/articles?favorited=hiccup")["articlesCount"] == 0


def test_a_page_of_another_origin_may_call_and_only_that_one(nobody: FrontEnd) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = nobody.call("OPTIONS", "/api/articles/x", headers={"Origin": ORIGIN, **asked}).headers
    assert allowed["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in allowed["Access-Control-Allow-Methods"]
    assert allowed["Access-Control-Allow-Headers"].lower().replace(" ", "") == "authorization,content-type"
    read = nobody.call("GET", "/api/tags", headers={"Origin": ORIGIN}).headers
    assert read["Access-Control-Allow-Origin"] == ORIGIN
    assert "X-Request-Id" in read["Access-Control-Expose-Headers"]
    other = nobody.call("OPTIONS", "/api/articles/x", headers={"Origin": "https://other.example", **asked}).headers
    assert other["Access-Control-Allow-Origin"] is None


def test_an_answer_names_its_line_in_the_log(proxy: Proxy, nobody: FrontEnd) -> None:
    answer = nobody.call("GET", "/api/nothing-here", headers={"X-Request-Id": "chosen-by-the-client"})
    identity = answer.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", identity)
    wait_until(lambda: f'"request_id":"{identity}"' in proxy.server.output(), "the request's line is in the log")


def test_what_nginx_refuses_itself_has_the_shape_of_an_error(nobody: FrontEnd) -> None:
    large = nobody.call("POST", "/api/articles", "x" * 1024 * 1024)
    long = nobody.call("GET", "/api/articles?tag=" + "x" * 20_000)
    for answer, status in ((large, 413), (long, 414)):
        assert answer.status == status
        assert is_error(answer.json)
        assert answer.headers.get_content_type() == "application/json"
        assert answer.headers["X-Request-Id"]


def test_too_many_logins_must_wait(proxy: Proxy, nobody: FrontEnd) -> None:
    FrontEnd(proxy).register("guessed")
    guess = {"user": {"email": "guessed@example.com", "password": "is it this one?"}}
    answers = [nobody.call("POST", "/api/users/login", guess) for _ in range(7)]
    assert {answer.status for answer in answers[:5]} == {401}
    # A minute may begin anew between two of them, but not twice.
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    for answer in refused:
        # The application's words: it counts by account, the proxy by address.
        assert answer.json == {"errors": {"body": ["too many attempts, try again later"]}}
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
    another = {"user": {"email": "another@example.com", "password": "is it this one?"}}
    assert nobody.call("POST", "/api/users/login", another).status == 401
