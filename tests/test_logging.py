"""Log lines on standard error, from many threads at a time."""

import json
import select
import subprocess
import sys
from pathlib import Path

from hotroute import logging

THREADS, LINES = 8, 400
PROGRAM = f"""
import logging, logging.config, threading
from hotroute import logging as logs
logging.config.dictConfig(logs.config())
def write(number):
    for line in range({LINES}):
        logging.getLogger("test").info("é" * (line % 50 * 10), extra={{"thread_number": number, "line": line}})
threads = [threading.Thread(target=write, args=(number,)) for number in range({THREADS})]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
CLOSED = """
import logging, logging.config, os
from hotroute import logging as logs
logging.config.dictConfig(logs.config())
os.close(2)
logging.getLogger("test").warning("nobody reads this")
print("goes on")
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    # Python itself may end with 120, where it cannot flush its own standard error.
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_the_lines_of_many_threads_are_whole_and_each_threads_are_in_order() -> None:
    lines = [json.loads(line) for line in run(PROGRAM).stderr.splitlines()]
    for number in range(THREADS):
        own = [line for line in lines if line["thread_number"] == number]
        assert [(line["line"], len(line["message"])) for line in own] == [
            (each, each % 50 * 10) for each in range(LINES)
        ]


def test_a_standard_error_that_is_closed_stops_nobody() -> None:
    assert run(CLOSED).stdout == "goes on\n"


def test_a_request_that_ends_in_an_error_of_the_server_has_its_line_too() -> None:
    program = """
import logging.config
from hotroute import logging as logs
from hotroute.request_log import RequestLog
logging.config.dictConfig(logs.config())
def app(environ, start_response):
    raise ValueError
try:
    RequestLog(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "HTTP_X_REQUEST_ID": "a" * 32}, lambda *_: None)
except ValueError:
    pass
"""
    (line,) = map(json.loads, run(program).stderr.splitlines())
    assert (line["path"], line["status"], line["bytes"], line["request_id"]) == ("/x", 500, None, "a" * 32)


TOGETHER = f"""
import logging, logging.config, threading
from hotroute import logging as logs, request_log
logging.config.dictConfig(logs.config())
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []
app = request_log.RequestLog(app)
def ask(number):
    for each in range({LINES}):
        path = "/" + "x" * (each % 50 * 10)
        environ = {{"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_X_REQUEST_ID": f"request-{{number}}-{{each}}"}}
        app(environ, lambda *_: None).close()
"""
ASK = f"""
request_log.write_together()
threads = [threading.Thread(target=ask, args=(number,)) for number in range({THREADS})]
for thread in threads: thread.start()
"""


def test_lines_that_are_written_together_are_all_there_when_the_process_ends() -> None:
    """Whole, in order, each with its own request's id."""
    lines = [json.loads(line) for line in run(TOGETHER + ASK).stderr.splitlines()]
    for number in range(THREADS):
        own = [line for line in lines if line["request_id"].startswith(f"request-{number}-")]
        assert [(line["request_id"], len(line["path"])) for line in own] == [
            (f"request-{number}-{each}", 1 + each % 50 * 10) for each in range(LINES)
        ]


def test_requests_write_their_own_lines_where_too_many_wait() -> None:
    stuck = "\nrequest_log.MOST = 5\nrequest_log.Writer.run = lambda self: None\nrequest_log.write_together()\nask(0)"
    lines = [json.loads(line)["request_id"] for line in run(TOGETHER + stuck).stderr.splitlines()]
    late = [f"request-0-{number}" for number in range(5)]
    assert lines == [*(f"request-0-{number}" for number in range(5, LINES)), *late]


def test_a_handler_that_fails_for_one_line_loses_no_others() -> None:
    failing = """
class Failing(logging.Handler):
    def handle(self, record):
        if record.path == "/":
            raise ValueError("not this one")
request_log.log.addHandler(Failing())
request_log.write_together()
"""
    late = "ask(0)\nask(1)"
    said = [line for line in run(TOGETHER + failing + late).stderr.splitlines() if line.startswith("{")]
    assert len([line for line in said if '"path":"/x' in line]) == 2 * (LINES - LINES // 50)


def test_what_is_written_together_is_cut_where_a_pipe_would_cut_it() -> None:
    lines = [b"x" * (length * 100) + b"\n" for length in (1, 20, 20, 1, 50, 1, 0, 40)]
    parts = list(logging.whole(lines))
    assert b"".join(parts) == b"".join(lines)
    assert [len(part) <= select.PIPE_BUF or part.count(b"\n") == 1 for part in parts] == [True] * len(parts)
    assert len(parts) == 5


def test_a_disk_that_was_full_for_a_while_stops_no_lines_after_that(tmp_path: Path) -> None:
    full = f"""
import os, time
file = os.open({str(tmp_path / "log")!r}, os.O_CREAT | os.O_RDWR | os.O_APPEND)
full = os.open("/dev/full", os.O_WRONLY)
request_log.write_together()
os.dup2(full, 2)
app({{"REQUEST_METHOD": "GET", "PATH_INFO": "/lost", "HTTP_X_REQUEST_ID": "lost-request"}}, lambda *_: None).close()
time.sleep(10 * request_log.PAUSE)
os.dup2(file, 2)
ask(0)
while b"-399" not in os.pread(file, 10_000_000, 0):
    time.sleep(0.01)
print("written before the end")
"""
    assert run(TOGETHER + full).stdout == "written before the end\n"


def test_a_child_of_the_process_writes_its_own_lines_and_no_others() -> None:
    forked = """
import os
request_log.PAUSE = 0.5
request_log.write_together()
ask("parent")
if child := os.fork():
    os.waitpid(child, 0)
else:
    ask("child")
    os._exit(0)
"""
    lines = [json.loads(line)["request_id"] for line in run(TOGETHER + forked).stderr.splitlines()]
    assert sorted(lines) == sorted(f"request-{who}-{each}" for who in ("parent", "child") for each in range(LINES))
