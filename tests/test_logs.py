"""Log lines on standard error, from many threads at a time."""

import json
import subprocess
import sys

THREADS, LINES = 8, 400
PROGRAM = f"""
import logging, logging.config, threading
from hotroute import logs
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
from hotroute import logs
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
from hotroute import logs
logging.config.dictConfig(logs.config())
def app(environ, start_response):
    raise ValueError
try:
    logs.RequestLog(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "HTTP_X_REQUEST_ID": "a" * 32}, lambda *_: None)
except ValueError:
    pass
"""
    (line,) = map(json.loads, run(program).stderr.splitlines())
    assert (line["path"], line["status"], line["bytes"], line["request_id"]) == ("/x", 500, None, "a" * 32)
