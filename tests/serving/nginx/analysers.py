"""Gixy and sslyze, in a virtual environment of their own: sslyze wants an older cryptography than the rest."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tests.servers import ROOT

LOCK = ROOT / "requirements" / "analysers.txt"
FOLDER = ROOT / ".venv-analysers"
STAMP = FOLDER / "installed"


def analyser(name: str) -> Path:
    """The path of the program; the environment is made on the first call, and again when its lock has changed."""
    wanted = sha256(LOCK.read_bytes()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != wanted:
        python = FOLDER / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER], check=True)
        options = ("--quiet", "--disable-pip-version-check", "--require-hashes")
        subprocess.run([python, "-m", "pip", "install", *options, "-r", LOCK], check=True)
        STAMP.write_text(wanted)
    return FOLDER / "bin" / name
