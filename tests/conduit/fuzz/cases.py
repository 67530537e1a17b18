"""Malformed input, each with a name: what no client means to send, and what somebody will."""

import base64
import json
import time
from typing import Any

import jwt

from tests.conftest import SECRET

DIGITS = "9" * 45_000
JSON = "application/json"


def article(title: str, **changes: str) -> bytes:
    """The body of an article as text; `title` and `changes` are JSON already."""
    fields = {"title": title, "description": '"d"', "body": '"b"', **changes}
    written = ", ".join(f'"{name}": {value}' for name, value in fields.items())
    return f'{{"article": {{{written}}}}}'.encode()


GOOD = article('"Dragons"')
UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "no JSON": b"title=Dragons",
    "cut short": GOOD[:-2],
    "cut within a string": GOOD[:20],
    "something after it": GOOD + b"{}",
    "a comment": GOOD + b"// no",
    "a trailing comma": article('"Dragons",'),
    "single quotes": GOOD.replace(b'"', b"'"),
    "Infinity in lower case": article("infinity"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "Latin-1": article('"Drachenzähmen"').decode().encode("latin-1"),
    "a lone surrogate, escaped": article(r'"\ud800"'),
    "a lone low surrogate, escaped": article(r'"\udc00 and on"'),
    "surrogates the wrong way round": article(r'"\udc00\ud800"'),
    "a lone surrogate, encoded": article('"x"').replace(b"x", b"\xed\xa0\x80"),
    "an overlong encoding": article('"x"').replace(b"x", b"\xc0\xaf"),
    "a bare NUL": article('"x"').replace(b"x", b"\0"),
    "a NUL after it": GOOD + b"\0",
    "a bare newline in a string": article('"x\ny"'),
    "an integer of 45,000 digits": article(DIGITS),
    "100,000 lists": b"[" * 100_000,
    "100,000 lists, all closed": b"[" * 100_000 + b"]" * 100_000,
    "100,000 lists in a field": article("[" * 100_000 + "]" * 100_000),
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "100,000 objects under a name that is not known": b'{"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
}
NOT_AN_ARTICLE: dict[str, bytes] = {
    "null": b"null",
    "a list": b"[]",
    "a string": b'"article"',
    "a number": b"1",
    "NaN": b"NaN",
    "an empty object": b"{}",
    "an empty article": b'{"article": {}}',
    "an article that is a list": b'{"article": [1, 2]}',
    "NaN in a field": article("NaN"),
    "minus infinity in a field": article("-Infinity"),
    "an integer of 401 digits": article("1" + "0" * 400),
    "a float beyond all floats": article("1e999"),
    "the same name twice, the last one wrong": article('"Dragons", "title": 5'),
    "a NUL in the title": article(r'"a\u0000b"'),
    "a NUL in the body": article('"Dragons"', body=r'"\u0000"'),
    "a NUL in a tag": article('"Dragons"', tagList=r'["\u0000"]'),
    "a tag that is null": article('"Dragons"', tagList="[null]"),
    "a tag that is a list": article('"Dragons"', tagList='[["x"]]'),
    "tags that are an object": article('"Dragons"', tagList='{"x": "y"}'),
    "tags that are a string": article('"Dragons"', tagList='"dragons"'),
    "51 tags": article('"Dragons"', tagList=json.dumps([f"t{n}" for n in range(51)])),
    "only blanks": article(r'"\u2003 \t"'),
    "a title of 256 characters": article(json.dumps("x" * 256)),
    "a body of 500,001 characters": article('"Dragons"', body=json.dumps("x" * 500_001)),
}
OTHER_TYPES: dict[str, str | None] = {
    "none": None,
    "nonsense": "\x01;;=",
    "plain text": "text/plain",
    "a form": "application/x-www-form-urlencoded",
    "UTF-16": f"{JSON}; charset=utf-16",
    "Latin-1": f"{JSON}; charset=ISO-8859-1",
    "one that nobody knows": f"{JSON}; charset=klingon",
    "UTF-7": f"{JSON}; charset=utf-7",
    "a charset of 5,000 characters": f"{JSON}; charset={'x' * 5_000}",
}
WRONG_VALUES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 10**300, [], ["x"], {}, {"x": "y"})
QUERIES: dict[str, int] = {
    **dict.fromkeys(["limit=0", "limit=-1", "limit=101", "limit=1.5", "limit=1e3", "limit=ten", "limit=true"], 422),
    **dict.fromkeys([f"limit={DIGITS}", f"offset={DIGITS}", f"offset=-{DIGITS}", f"limit={10**400}"], 422),
    **dict.fromkeys(["limit=%00", "offset=%00", "limit=1%00", "limit=NaN", "offset=Infinity", "limit=[]"], 422),
    **dict.fromkeys([f"offset={2**31}", f"offset={2**63}", f"offset={2**64}", "limit=0x10", "limit=%EF%BC%91"], 422),
    **dict.fromkeys(["limit=1_0", "limit=10.0", "limit=%2B10", "limit=%2010", "offset=1_0"], 422),
    **dict.fromkeys(["limit=%FF", "offset=%ED%A0%80", "%FF=1", "limit=1&x=%C3%28"], 400),
}
FILTERS: dict[str, int] = {
    **{f"{name}={value}": 422 for name in ("tag", "author", "favorited") for value in ("%00", "a%00b", "x" * 256)},
    **{f"{name}={value}": 400 for name in ("tag", "author", "favorited") for value in ("%FF", "%ED%A0%80", "a%C3")},
}
SEGMENTS = {
    "NUL": "%00",
    "NUL within": "drag%00ons",
    "a lone surrogate": "%ED%A0%80",
    "not UTF-8": "%FF%FE",
    "raw bytes": "\xff\xfe",
    "cut short": "%C3",
    "a percent sign": "%",
    "no hexadecimal": "%zz",
    "a header": "%0d%0aSet-Cookie:%20a=b",
    "a way up": "..%2f..%2fetc%2fpasswd",
    "7,000 characters": "x" * 7_000,
    "SQL": "'%20OR%20'1'='1",
    "a format": "%25s%25n{0}",
}
COMMENT_IDS = ("-1", "0", "1.5", "x", "%00", "1%00", str(2**31), str(2**63 - 1), str(2**63), "9" * 5_000, "%EF%BC%99")


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    """A token with exactly these claims: PyJWT's own `jwt.encode` would refuse to write some of them."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm)


def tokens(user_id: int) -> dict[str, str]:
    """Tokens for that user, none of which may be believed."""
    now = int(time.time())
    claims = {"sub": str(user_id), "iat": now, "exp": now + 60}
    good = signed(claims)
    header, payload, signature = good.split(".")
    return {
        "nothing": "",
        "garbage": "garbage",
        "dots": "..",
        "7,000 characters": "x" * 7_000,
        "7,000 dots": "." * 7_000,
        "not ASCII": "\xff\xfe",
        "alg none": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "alg None, with a signature": f"{encoded({'alg': 'None'})}.{payload}.{signature}",
        "no alg": f"{encoded({'typ': 'JWT'})}.{payload}.{signature}",
        "alg is a list": f"{encoded({'alg': ['HS256']})}.{payload}.{signature}",
        "alg is an object": f"{encoded({'alg': {'a': 'HS256'}})}.{payload}.{signature}",
        "alg HS384": signed(claims, algorithm="HS384"),
        "alg HS512": signed(claims, SECRET * 2, algorithm="HS512"),
        "alg RS256 in the header only": f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{payload}.{signature}",
        "an unknown critical header": f"{encoded({'alg': 'HS256', 'crit': ['x'], 'x': 1})}.{payload}.{signature}",
        "a payload that is not encoded": f"{encoded({'alg': 'HS256', 'b64': False})}.{payload}.{signature}",
        "a header that is a number": f"{encoded(5)}.{payload}.{signature}",
        "a deep header": f"{encoded(b'[' * 5_000)}.{payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "another's signature": f"{header}.{payload}.{signed({**claims, 'sub': '99'}).split('.')[2]}",
        "another user's payload": f"{header}.{encoded({**claims, 'sub': '99'})}.{signature}",
        "another key": signed(claims, key="another key of more than thirty-two bytes"),
        "an empty key": ".".join((header, payload, encoded(b""))),
        "expired": signed({**claims, "iat": now - 3600, "exp": now - 60}),
        "from tomorrow": signed({**claims, "iat": now + 86_400, "exp": now + 90_000}),
        "without exp": signed({"sub": str(user_id), "iat": now}),
        "without iat": signed({"sub": str(user_id), "exp": now + 60}),
        "without sub": signed({"iat": now, "exp": now + 60}),
        "exp is text": signed({**claims, "exp": "soon"}),
        "exp is infinite": signed({**claims, "exp": float("inf")}),
        "sub is a number": signed({**claims, "sub": user_id}),
        "sub is null": signed({**claims, "sub": None}),
        "sub is text": signed({**claims, "sub": "jake"}),
        "sub is negative": signed({**claims, "sub": f"-{user_id}"}),
        "sub is huge": signed({**claims, "sub": "9" * 30}),
        "sub is too long to read": signed({**claims, "sub": "9" * 5_000}),
        "of a user who is gone": signed({**claims, "sub": "4711"}),
        "of the largest user": signed({**claims, "sub": str(2**63 - 1)}),
    }
