"""wrk's report is read, and a report of errors refused."""

import pytest
from profiling.bench import wrk
from profiling.bench.wrk import Load, LoadError

pytestmark = pytest.mark.unit

REPORT = """Running 4s test @ http://127.0.0.1:40961/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     5.08ms    1.86ms  28.09ms   89.04%
    Req/Sec     6.38k   532.32     7.14k    75.00%
  25404 requests in 4.01s, 52.63MB read
Requests/sec:   6337.20
Transfer/sec:     13.13MB
"""


def test_requests_and_their_rate_are_read() -> None:
    assert wrk.parse(REPORT) == Load(25404, 6337.20)


@pytest.mark.parametrize(
    "line", ["Non-2xx or 3xx responses: 12", "Socket errors: connect 0, read 3, write 0, timeout 0"]
)
def test_a_benchmark_of_errors_is_refused(line: str) -> None:
    with pytest.raises(LoadError, match=line):
        wrk.parse(REPORT.replace("Requests/sec:", f"  {line}\nRequests/sec:"))


@pytest.mark.parametrize("report", [REPORT.replace("25404", "0"), "unable to connect to 127.0.0.1:1"])
def test_a_run_without_a_request_is_refused(report: str) -> None:
    with pytest.raises(LoadError, match="completed no request"):
        wrk.parse(report)


def test_a_machine_without_wrk_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LoadError, match=r"apt-get install .*wrk"):
        wrk.find()
