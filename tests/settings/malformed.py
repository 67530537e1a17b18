"""Twenty malformed values or more for each setting: mistakes, and text that has slipped in from elsewhere."""

from collections.abc import Iterator

TEXT = ["?", "none", "null", "true;", "one", "a b", "${PORT}", "$PORT", "1 2", "--", "x=1", "[]", "{}", "'", '"', "\\"]
NUMBERS = ["-1", "+1", "1.5.0", "1_0", "1e3", "0x10", "nan", "inf", "1,5", "٣", "10s", "1m", "9" * 30]
WHOLE = [*TEXT, *NUMBERS, "1.5", "1.0"]
NUMBER = [*TEXT, *NUMBERS]
PORT = [*WHOLE, "0", "65536", "99999", "http", "127.0.0.1:80", ":80", "80/tcp", "-80"]
BOOL = [*TEXT, "maybe", "2", "-1", "10", "tru", "yess", "enabled", "disabled", "0.0", "ja", "not"]
CHOICE = [*TEXT, "production-", "dev", "prod", "test", "staging", "0", "celery,rq", "INTERMEDIATE "[:-2], "old"]
FOLDER = [
    "~",
    "~/data",
    "~me/data",
    "$HOME",
    "$HOME/data",
    "${HOME}",
    "/data/$USER",
    "/a$b",
    "http://data",
    "file:///data",
    "s3://bucket",
    "a\nb",
    "a\tb",
    "a\x01b",
    "a\x7fb",
    "\x1b[2J",
    "x" * 256,
    f"/tmp/{'x' * 300}",
    "/etc/passwd",
    "/etc/passwd/x",
    "/etc/hosts/a/b",
]
CONF = ["/a;b", "/a{b", "/a}b", '/a"b', "/a'b", "/a\\b", "/a\tb"]
LISTS = [
    "a b",
    "a;b",
    "'a'",
    '"a"',
    "[a]",
    "{a}",
    "$a",
    "a/",
    "/a",
    "a,b;",
    "a b,c",
    "(a)",
    "a\\b",
    "a|b",
    "?",
    "!",
    "#",
]
ADDRESS = [*LISTS, "localhost", "127.0.0.1:80", "127.0.0", "256.1.1.1", "::1::", "10.0.0.0/8", "fe80::1%eth0"]
NETWORK = [*LISTS, "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0-10.0.0.9", "everyone", "10.*"]
ORIGIN = [*LISTS, ".*", "https?://.*", "https://*.example", "https://a.example/", "a.example", "null", "https://a:b"]
NAME = [*LISTS, "~.", "a..b", "-a", "a-", "*", "*.*.a", "https://a", "a:80", "a_b", "."]
UPSTREAM = [
    *LISTS,
    "10.0.0.2",
    "a:80;",
    "10.0.0.2:99999",
    "10.0.0.2:0",
    "fd00::3:8000",
    "10.0.0.2:٨٠",
    "unix:",
    "unix:/a;b",
    "http://a:80",
    "a:80/",
    ":80",
    "my app:80",
]
DATABASE = [
    *TEXT,
    "postgresql://app:s3cret!@ss:w/rd@host/app",
    "postgresql://app:s3cret!@host:port/app",
    "postgresql://app:s3cret!@host:99999/app",
    "postgresql://app:s3cret!@host:0/app",
    "postgresql://app:s3cret!@x@host/app",
    "postgresql://app:s3cret!@ host/app",
    "postgresql:/app:s3cret!@host/app",
    "app:s3cret!@host/app",
    "POSTGRESQL://app:s3cret!@host/app",
    "postgresql+psycopg2://app:s3cret!@host/app",
    "mysql://app:s3cret!@host/app",
    "host=h user=app password=s3cret!"[:11],
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite:///",
    "sqlite:////tmp",
    "sqlite://host/file",
    "sqlite:///file:x?mode=memory&uri=true",
    "/var/data.db",
    "postgresql://host:s3cret!",
]
REDIS = [
    *TEXT,
    "redis://:a/s3cret!@host/0",
    "redis://:s3cret!/b@host/0",
    "redis://:s3cret!#b@host/0",
    "redis://:s3cret!?b@host/0",
    "redis://me:1/s3cret!@host/0",
    "127.0.0.1:6379",
    "localhost",
    "valkey://h",
    "http://x",
    "redis:/h",
    "redis//h",
    "redis://",
    "redis:///0",
    "redis://h:port",
    "redis://h:0",
    "redis://h:70000",
    "redis://h/zero",
    "redis://h/0/1",
    "redis://h 1",
    "unix://",
    "rediss://h/0?ssl_ca_certs=/not-there.pem",
    "rediss://h/0?ssl_certfile=/not-there.pem",
    "redis://h/0?db=two",
]
BROKER = [
    *(url for url in REDIS if url != "unix://"),
    "unix:///s",
    "kafka://h",
    "amqp://",
    "amqp://h:x",
    "amqp://a:s3cret!@b@h@/",
    "sqs://",
]
SECRET = ["x" * length for length in range(1, 12)] + [
    " ",
    "é" * 5,
    "a b c",
    "0",
    "key",
    "secret",
    "\t",
    "1234",
    "abcd",
    "a.b",
    "password",
    "p",
]
RATE = [*TEXT, *NUMBERS, "10", "r/s", "10r", "10r/h", "0r/s", "10 r/s", "1٣r/s", "10r/s;"]
LIMIT = [
    *TEXT,
    "sometimes",
    "ten per minute",
    "10 per",
    "per minute",
    "10/",
    "/minute",
    "10 per fortnight",
    "10 minute",
]
MEMORY = [*TEXT, "plenty", "-1", "1.5gb", "10 mb", "10tb", "mb", "1e9", "٣mb", "10mbb", "10%", "half", "1,000"]
FILES = [*FOLDER[:2], *CONF, "/a\nb", *(f"/a{sign}" for sign in ";{}'\"\\$"), "file:///a", "http://a/b", "~/a/b", "~b"]
LOG = ["syslog", "syslog:server=unix:/dev/log", "/not-there/access.log", "access.log", "stderr", "-", "on", "true", "/"]
LOG += ["/tmp", "/tmp/", *CONF, "OFF", "none", "no", "/etc/passwd/x"]
BIND = [
    *TEXT[:1],
    "127.0.0.1:http",
    "127.0.0.1:0",
    "127.0.0.1:99999",
    ":",
    "unix:",
    "fd://",
    "fd://x",
    "a:b:c",
    "::1:80:",
]
BIND += [
    "a b:80",
    "tcp://:x",
    "127.0.0.1:-1",
    "[::1",
    "[::1]:x",
    "a:8 0",
    ":x",
    "0.0.0.0:",
    "a@b:1",
    "a:\n1",
    "a:1x",
]
WORKER = [*TEXT, "nonsense", "GThread", "sync2", "nonsense.Worker", "eventlets", "hotroute.nothing.Worker", ".Worker"]
MASK = [*TEXT, "8", "0o9", "-7", "0x7", "077777", "rwx", "u=rw", "7.0", "0b111"]
PROGRAM = ["/etc/passwd", "/tmp", "/not-there", *(f"/not-there/{word}" for word in TEXT if word != ""), "nginx;", "~"]
USER = ["a:b", ":", "a:", ":b", *(f"a{chr(code)}b" for code in range(1, 17)), "x" * 101]
NAMESPACE = [*(f"hot{sign}" for sign in "*?[]{}()/\\'\"$%&;,#@!|<>="), "x" * 101]
HEADERS = [*(f"A{sign}B" for sign in ":;/\\'\"$%&(){}[]@!|<>= "), ",", ",,"]
SLOW = [*(text for text in TEXT), "/a", "/a=", "/a=soon", "/a=0", "/a=-1", "/a=1s", "=1", "a=1", "/a=1 /b", "/a=1,/b=2"]
LEVEL = [*TEXT, "loud", "warn", "WARNINGS", "10", "trace", "verbose", "INFO,DEBUG", "-1"]
IPS = [*(text for text in LISTS), "everyone", "256.1.1.1", "10.0.0.0/99", "localhost", "::1::", "1.2.3"]
ACCESS = [f"/not-there/{number}" for number in range(14)] + ["/tmp", "/", "a\nb", "/etc/passwd/x", "no/such", "\x01"]

BY_KIND = {
    "port": PORT,
    "true or false": BOOL,
    "folder": FOLDER,
    "secret": SECRET,
    "IP addresses, with commas": ADDRESS,
    "networks, with commas": NETWORK,
    "origins, with commas": ORIGIN,
    "host names, with commas": NAME,
    "addresses, with commas": BIND,
    "address": BIND,
    "kind of worker": WORKER,
    "octal": MASK,
    "names, with commas": HEADERS,
    "route=seconds, with spaces": SLOW,
    "memory": MEMORY,
    "program": PROGRAM,
}
BY_NAME = {
    "DATABASE_URL": DATABASE,
    "PROFILER_URL": DATABASE,
    "REDIS_URL": REDIS,
    "JOBS_BROKER_URL": BROKER,
    "JOBS_MESSAGE_QUEUE": BROKER,
    "UPSTREAMS": UPSTREAM,
    "PROFILER_USERNAME": USER,
    "CACHE_NAMESPACE": NAMESPACE,
    "LOG_LEVEL": LEVEL,
    "GUNICORN_LOGLEVEL": LEVEL,
    "GUNICORN_FORWARDED_ALLOW_IPS": IPS,
    "GUNICORN_ACCESSLOG": ACCESS,
    "NGINX_ACCESS_LOG": LOG,
    "TLS_CERTIFICATE": FILES,
    "TLS_CERTIFICATE_KEY": FILES,
    "WRITE_RATE": RATE,
    "LOGIN_RATE": RATE,
    "LOGIN_RATE_LIMIT": LIMIT,
    "REGISTRATION_RATE_LIMIT": LIMIT,
}


def values(variable: str, kind: str) -> list[str]:
    """Return malformed values of a setting, each once."""
    found = BY_NAME.get(variable) or BY_KIND.get(kind)
    if not found:
        found = NUMBER if kind.startswith("number") else WHOLE if kind[0].isdigit() else CHOICE
    return [*dict.fromkeys(found)]


def writable(values: list[str]) -> Iterator[str]:
    """Yield those that an environment can hold and that count as set."""
    yield from (value for value in values if value.strip() and "\0" not in value)
