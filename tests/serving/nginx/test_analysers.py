"""What others look for in a configuration and in a TLS server: no finding, or one that a decision explains."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import trustme

from tests.servers import ROOT, Proxy, nginx_server
from tests.serving.nginx.analysers import analyser
from tests.serving.nginx.sockets import Authority

EXPLAINED = {"proxy_pass_normalized", "add_header_redefinition"}
DECISION = ROOT / "docs" / "decisions" / "0011-the-proxy.md"

pytestmark = pytest.mark.timeout(300)  # the first run installs the analysers


def gixy(conf: Path) -> set[str]:
    """The names of its checks that found something."""
    done = subprocess.run([analyser("gixy"), "--format", "json", conf], capture_output=True, text=True, check=False)
    findings = json.loads(done.stdout)
    return {finding["plugin"] for finding in findings}


def test_the_configuration_has_no_finding_that_is_not_explained(production: Proxy) -> None:
    conf = Path(production.server.environ["DATA_DIR"]) / "nginx" / "conf" / "nginx.conf"
    assert gixy(conf) == EXPLAINED
    assert all(f"`{plugin}`" in DECISION.read_text() for plugin in EXPLAINED)


def test_the_analyser_does_find_something_in_a_bad_configuration(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("events {}\nhttp { server { listen 80; location /a { alias /srv/b/; } } }\n")
    assert "alias_traversal" in gixy(conf)


@pytest.mark.parametrize(("profile", "key"), [("intermediate", "ECDSA"), ("intermediate", "RSA"), ("modern", "ECDSA")])
def test_the_scanner_finds_mozillas_profile(
    program: Path, authority: Authority, tmp_path: Path, profile: str, key: str
) -> None:
    certificate = authority.certificate(tmp_path, "localhost", key=trustme.KeyType[key])
    chosen = {"NGINX_PROGRAM": str(program), "TLS_PROFILE": profile, **certificate}
    with nginx_server(1, chosen, authority.trust()) as proxy:
        assert sslyze(proxy, profile) == [ABOUT_THE_TEST]


ABOUT_THE_TEST = "certificate_path_validation"
"""Of trustme's certificates: their names are critical beside a subject, which sslyze's verifier does not accept."""


def sslyze(proxy: Proxy, profile: str) -> list[str]:
    """In what the server differs from Mozilla's profile."""
    command = (analyser("sslyze"), f"--mozilla_config={profile}", f"localhost:{proxy.https_port}")
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "SCANS COMPLETED" in told
    assert "VULNERABLE" not in told.replace("Not vulnerable", "")
    return re.findall(r"^ +\* (\w+): ", told.partition("COMPLIANCE AGAINST")[2], re.MULTILINE)


def test_the_scanner_does_find_something_in_a_wrong_profile(
    program: Path, authority: Authority, tmp_path: Path
) -> None:
    chosen = {"NGINX_PROGRAM": str(program), **authority.certificate(tmp_path, "localhost")}
    with nginx_server(1, chosen, authority.trust()) as proxy:
        assert {"tls_versions", "ciphers"} <= set(sslyze(proxy, "modern"))
