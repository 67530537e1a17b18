"""Why a request was not answered from the cache: the `detail` of its `Cache-Status` (RFC 9211, section 2.8)."""

from enum import StrEnum


class Reason(StrEnum):
    """Each is a token; `WORDS` says what it means and what can be done."""

    # The cache was not asked: fwd=bypass.
    UNKNOWN_PARAMETER = "UNKNOWN-PARAMETER"
    TOO_MANY_PARAMETERS = "TOO-MANY-PARAMETERS"
    CREDENTIALS = "CREDENTIALS"
    CREDENTIALS_NOT_VALID = "CREDENTIALS-NOT-VALID"
    REQUEST_NO_STORE = "REQUEST-NO-STORE"
    PRECONDITION = "PRECONDITION"
    CONTENT = "CONTENT"
    STORE_UNREACHABLE = "STORE-UNREACHABLE"
    SEVERAL_PROCESSES = "SEVERAL-PROCESSES"
    CORRUPT_ENTRY = "CORRUPT-ENTRY"
    HOOK_ANSWERED = "HOOK-ANSWERED"
    # There was no answer that could be used, and none may be stored now: fwd=miss.
    INVALIDATING = "INVALIDATING"
    # Another request is finding the answer: fwd=miss; collapsed=?0.
    LEADER_GONE = "LEADER-GONE"
    WAITED_TOO_LONG = "WAITED-TOO-LONG"
    # The view answered, and its answer was not stored: fwd=miss; stored=?0.
    INVALIDATED_MEANWHILE = "INVALIDATED-MEANWHILE"
    UNKNOWN_TABLE = "UNKNOWN-TABLE"
    NO_TABLES = "NO-TABLES"
    STATUS = "STATUS"
    SET_COOKIE = "SET-COOKIE"
    NO_STORE = "NO-STORE"
    PRIVATE = "PRIVATE"
    VARY = "VARY"
    ENCODED = "ENCODED"
    STREAMED = "STREAMED"
    LARGE = "LARGE"
    INCOMPLETE = "INCOMPLETE"
    HEADER = "HEADER"
    UNKEYED = "UNKEYED"
    RAISED = "RAISED"
    AFTER_THIS_REQUEST = "AFTER-THIS-REQUEST"
    NESTED_HOT_ROUTE = "NESTED-HOT-ROUTE"
    REQUEST_WROTE = "REQUEST-WROTE"
    RAW_SQL = "RAW-SQL"
    UNTRACKED_ENGINE = "UNTRACKED-ENGINE"
    UNTRACKED_READ = "UNTRACKED-READ"
    STALE_TRANSACTION = "STALE-TRANSACTION"
    # The view answered, and that was stored: fwd=miss; stored.
    UNDECLARED_TABLE = "UNDECLARED-TABLE"
    # A hit that did enter Flask: hit; detail=INSIDE.
    INSIDE = "INSIDE"


EXPLANATIONS = {
    Reason.UNKNOWN_PARAMETER: "the query has a parameter that the route does not declare: name it in @hot(query=...), "
    'or say unknown_params="ignore" if the view does not look at others',
    Reason.TOO_MANY_PARAMETERS: "the query has more than fifty parameters",
    Reason.CREDENTIALS: "the request has credentials, and this route's answers are shared by those who have none: say "
    'share="per-caller" for answers of their own, or share="everyone" if they make no difference',
    Reason.CREDENTIALS_NOT_VALID: "whose credentials these are cannot be told, or they are not valid: the application "
    "answers; also where the principal gives something that is no text or number",
    Reason.REQUEST_NO_STORE: "the request says Cache-Control: no-store",
    Reason.PRECONDITION: "the request has If-Match or If-Unmodified-Since, which are the application's to check",
    Reason.CONTENT: "the request has content, which no key holds",
    Reason.STORE_UNREACHABLE: "Redis could not be asked, or could not store; the server's log says why",
    Reason.SEVERAL_PROCESSES: "the server runs several processes, and the answers are in the memory of one, which does "
    "not see what the others write: use Redis, or a single worker",
    Reason.CORRUPT_ENTRY: "the stored answer was damaged, and has been deleted",
    Reason.HOOK_ANSWERED: "a hook answered instead of the view",
    Reason.INVALIDATING: "a writer is about to commit, or Redis has started less than a mark's time ago: nothing is "
    "served or stored meanwhile",
    Reason.LEADER_GONE: "another request was finding the same answer, and had none that could be stored",
    Reason.WAITED_TOO_LONG: "another request was finding the same answer, and took too long",
    Reason.INVALIDATED_MEANWHILE: "a write changed what the answer depends on while the view ran",
    Reason.UNKNOWN_TABLE: "the view read a table that none of CacheOptions(metadata=...) has: declare the route's tags",
    Reason.NO_TABLES: "the view read no table that the cache saw, and declares no tags: if nothing that is written "
    "changes its answer, say tags=(); if it reads in a way that is not followed, declare what",
    Reason.STATUS: "the answer's status is none that the route stores: see @hot(cache_statuses=...)",
    Reason.SET_COOKIE: "the answer sets a cookie",
    Reason.NO_STORE: "the answer says Cache-Control: no-store",
    Reason.PRIVATE: "the answer says Cache-Control: private",
    Reason.VARY: "the answer varies on a request header that the route does not declare: see @hot(vary=...)",
    Reason.ENCODED: "the view compressed its answer itself: leave that to the cache",
    Reason.STREAMED: "the answer is streamed: it does not say its length, or was written with WSGI's write()",
    Reason.LARGE: "the answer is larger than 1 MiB",
    Reason.INCOMPLETE: "the answer has more or fewer bytes than its Content-Length says",
    Reason.HEADER: "the answer has a header field that is not stored: name it in @hot(store_headers=...) if it is the "
    "same "
    "for everyone who gets this answer",
    Reason.UNKEYED: "the view, or a hook before it, looked at a part of the request that is not in the key: name it in "
    '@hot(vary=...), say host=True for HOST and SCHEME, and share="per-caller" for credentials; name a hook that hits '
    "do without in CacheOptions(hooks_skipped_on_hit=...), and what is read for logs or limits only in "
    'CacheOptions(log_only_headers=...), such as ("REMOTE_ADDR",)',
    Reason.RAISED: "the view raised an error, which was made into an answer that does not look like one",
    Reason.AFTER_THIS_REQUEST: "the view registered an after_this_request function, which a hit would not run",
    Reason.NESTED_HOT_ROUTE: "the view asked another hot route, whose tables are hidden from this one",
    Reason.REQUEST_WROTE: "request wrote to the database",
    Reason.RAW_SQL: "the view ran SQL text, which may read any table: declare the route's tags",
    Reason.UNTRACKED_ENGINE: "a statement ran on an engine that is none of CacheOptions(engines=...), which is not "
    "told of "
    "writes: name all engines there",
    Reason.UNTRACKED_READ: "the view used a value of Flask-Caching's (get, memoize, cached), and which tables that "
    "came from "
    "is not known",
    Reason.STALE_TRANSACTION: "a statement ran in a transaction that was begun before the request, and may have seen "
    "an "
    "older state",
    Reason.UNDECLARED_TABLE: "the view reads a table that its tags leave out, and a write to it does not invalidate "
    "the answer: the server's log and `hotroute explain --app` name it; add it to @hot(tags=...)",
    Reason.INSIDE: "a hook that is not declared skippable applies to the route, so that the hit was served after it, "
    "within Flask",
}


def token(reason: str) -> str:
    """A reason in words as a token (RFC 9110, section 5.6.2)."""
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in reason.upper())


def describe(detail: str) -> str:
    """A token in words; one that says more than `Detail` knows is explained by how it begins."""
    known = [each for each in Reason if detail == each or detail.startswith(f"{each}-")]
    words = EXPLANATIONS[max(known, key=len)] if known else detail.replace("-", " ").lower()
    return f"{words} ({detail})" if detail.startswith((f"{Reason.HEADER}-", f"{Reason.UNKEYED}-")) else words
