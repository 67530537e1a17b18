"""`conduit seed` in a process of its own."""

import subprocess
import sys
from pathlib import Path

from conduit.seed.size import Size
from tests.conftest import SECRET
from tests.servers import clean_environment


def start(
    database_url: str, redis_url: str, size: Size, folder: Path, hash_seed: str = "random"
) -> subprocess.Popen[str]:
    environment = clean_environment() | {
        "SECRET_KEY": SECRET,
        "DATABASE_URL": database_url,
        # Without one, the cache's fence would keep what the tests after it ask on this database uncached.
        "REDIS_URL": redis_url,
        "REDIS_TIMEOUT": "1",
        "DATA_DIR": str(folder),
        "PYTHONHASHSEED": hash_seed,
    }
    arguments = ["seed", "--articles", str(size.articles), "--seed", str(size.number)]
    return subprocess.Popen(
        [sys.executable, "-c", "from conduit.cli import main; main()", *arguments],
        env=environment,
        text=True,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what was printed."""
    _, output = process.communicate(timeout=100)
    return process.returncode, output
