"""SQL without its values: what is kept of a statement, and by what equal ones are known."""

import re
from functools import lru_cache
from hashlib import sha256

from hotroute.profiler.instrumentation.sqlalchemy import TEXT

LONGEST = 4000
"""Characters of a statement that are kept."""

TOO_LONG = 20_000
"""Characters of a statement that are looked at, and of one that is remembered."""

PARTS = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<value> \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | [EeBbXxNn]?'(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" | `[^`]*` )
    | (?P<bind> %\(\w+\)s | %s | \$\d+ | (?<!:):[A-Za-z_]\w* | \? )
    | (?P<number> (?<![\w"$.])[-+]?(?:0[xX][0-9A-Fa-f]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)(?!\w) )
    | (?P<space> \s+ )
    """,
    re.VERBOSE | re.DOTALL,
)
DOLLARS = re.compile(r"\$\w*\$")
MOST_DOLLARS = 50
"""PostgreSQL's other quotes; each that does not end is looked for through the whole statement."""

LISTS = re.compile(r"\(\s*\?(?:(?:::[\w ]+)?\s*,\s*\?)*(?:::[\w ]+)?\s*\)")
ROWS = re.compile(r"\(\.\.\.\)(?:\s*,\s*\(\.\.\.\))+")
IDENTIFIER = re.compile(r'"\w{1,63}"')
VERBS = (
    "SELECT INSERT UPDATE DELETE MERGE REPLACE WITH VALUES CREATE ALTER DROP CALL DO COPY SET SHOW PRAGMA EXPLAIN "
    "ANALYZE VACUUM REFRESH LOCK BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE"
)
VERB = re.compile(rf"\W*({VERBS.replace(' ', '|')})\b", re.IGNORECASE)
DOUBTFUL = re.compile(r"""'|`|\\|\*/|/\*""")
"""Where one of these is left, a string may have ended elsewhere than was thought."""


def of(statement: str) -> tuple[str, str]:
    """A statement with its values taken out, and its fingerprint: 16 hexadecimal digits."""
    return found(statement) if len(statement) <= TOO_LONG else found.__wrapped__(statement[:TOO_LONG])


@lru_cache(4000)
def found(statement: str) -> tuple[str, str]:
    bare = statement.removeprefix(TEXT)
    text = without_values(bare, trusted=bare is statement)
    return text[:LONGEST], sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def without_values(statement: str, *, trusted: bool) -> str:
    """
    Args:
        trusted: SQLAlchemy made it, so that what is within double quotes is a name.
    """
    if "\\" in statement or len(DOLLARS.findall(statement)) > MOST_DOLLARS or not (trusted or VERB.match(statement)):
        return withheld(statement)

    def part(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind in {"comment", "space"}:
            return " "
        quoted = match.group()
        return quoted if kind == "quoted" and trusted and IDENTIFIER.fullmatch(quoted) else "?"

    text = PARTS.sub(part, statement).strip()
    if DOUBTFUL.search(text) or text.count('"') % 2:
        return withheld(statement)
    return ROWS.sub("(...)", LISTS.sub("(...)", re.sub(r" {2,}", " ", text)))


def withheld(statement: str) -> str:
    verb = VERB.match(statement)
    return f"{verb.group(1).upper() if verb else 'SQL'} (the rest could not be told from its values)"
