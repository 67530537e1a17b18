"""DATA_DIR/nginx, where one Nginx runs: what it writes, and `conf`, a link to the folder of its configuration.

Another configuration is written beside, tried there, and linked to only when it is good: the one that runs, and a
restart of it, never see half of one or a bad one.
"""

import grp
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from hotroute.serving.nginx.binary import Nginx, command, inspect
from hotroute.settings import SettingError
from hotroute.settings.common import CommonSettings

PROGRAM, CONF, PID = "program", "conf", "nginx.pid"
PROCESSES = Path("/proc")
STDOUT = 1


def folder(environ: Mapping[str, str]) -> Path:
    return CommonSettings.read(environ).data_dir / "nginx"


def make(environ: Mapping[str, str]) -> Path:
    """The folder, of who runs Nginx. The workers of root's are another user, who may pass but change nothing there.

    Raises:
        SettingError: it cannot be made, or is another user's.
    """
    home = folder(environ)
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingError(f"DATA_DIR: {error}") from None
    if home.stat().st_uid != os.geteuid():
        raise SettingError(f"DATA_DIR: {home} is not this user's: run this as its owner, who runs Nginx there")
    if os.geteuid() == 0:
        os.chown(home, 0, workers_of(environ).pw_gid)
        home.chmod(0o710)
    return home


def user(environ: Mapping[str, str]) -> str:
    """`user group` of the workers where root starts Nginx; empty where somebody else does."""
    if os.geteuid():
        return ""
    workers = workers_of(environ)
    return f"{workers.pw_name} {grp.getgrgid(workers.pw_gid).gr_name}"


def workers_of(environ: Mapping[str, str]) -> pwd.struct_passwd:
    """The owner of DATA_DIR: started by root, Nginx's workers become that user and can use the folder.

    Raises:
        SettingError: in production that is root, or it has no name.
    """
    settings = CommonSettings.read(environ)
    data = settings.data_dir
    owner = data.stat().st_uid if data.exists() else 0
    if owner == 0 and not settings.is_development:
        raise SettingError(
            f"DATA_DIR: Nginx's workers become the owner of {data}, which must be there and not be root's: "
            f"install -d -o USER -m 700 {data}"
        )
    try:
        return pwd.getpwuid(owner)
    except KeyError:
        raise SettingError(f"DATA_DIR: {data} belongs to user {owner}, who has no name on this machine") from None


def start(nginx: Nginx, fresh: Path) -> list[str]:
    """How to start it with the configuration `fresh`, which from now on is that of its folder.

    Raises:
        SettingError: an Nginx runs there already.
    """
    home = fresh.parents[1]
    if process := find(home):
        discard(fresh)
        raise SettingError(f"DATA_DIR: an Nginx runs in {home}, process {process}; --reload changes what it does")
    link(home / PROGRAM, nginx.path)
    return command(nginx, put_in_place(fresh))


def check(nginx: Nginx, fresh: Path) -> str:
    """What `nginx -t` says of a good configuration; nothing of it stays.

    Raises:
        SettingError: it is a bad one.
    """
    try:
        return tried(nginx, fresh)
    finally:
        discard(fresh)


def reload(process: int, nginx: Nginx, fresh: Path) -> None:
    """Have the running Nginx go on with the configuration `fresh`, and with its certificate as it is now.

    Raises:
        SettingError: `nginx -t` finds something wrong with it; Nginx goes on as it was, and would start so again.
    """
    try:
        tried(nginx, fresh)
    except SettingError:
        discard(fresh)
        raise
    put_in_place(fresh)
    os.kill(process, signal.SIGHUP)


def renew(home: Path) -> None:
    """Have the running Nginx read its certificate again, and nothing else of what the environment says now.

    Raises:
        SettingError: none runs there, or the certificate is not good.
    """
    process, nginx = running(home)
    tried(nginx, home / CONF / "nginx.conf")
    os.kill(process, signal.SIGHUP)


def running(home: Path) -> tuple[int, Nginx]:
    """The process id and the program of the Nginx that runs there, which need not be the one that would be chosen now.

    Raises:
        SettingError: none does, or its program is gone.
    """
    process = find(home)
    if not process:
        raise SettingError(f"DATA_DIR: no Nginx of this user runs in {home}")
    program = (home / PROGRAM).readlink()
    if not os.access(program, os.X_OK):
        raise SettingError(f"{program}, which runs as process {process}, is gone: restart it with another")
    return process, inspect(program)


def find(home: Path) -> int:
    """The process id of the Nginx that runs there, or 0. Its file may be an old one's, and the number another's now."""
    try:
        process = int((home / PID).read_text())
        os.kill(process, 0)
        told = PROCESSES / str(process) / "cmdline"
        known = not (PROCESSES / "self").exists() or os.fsencode(f"{home}/") in told.read_bytes()
    except (OSError, ValueError):
        return 0
    return process if known else 0


def tried(nginx: Nginx, conf: Path) -> str:
    words = [*command(nginx, conf), "-t"]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    if done.returncode:
        raise SettingError(f"Nginx would not start like this, and nothing was changed:\n{done.stderr.strip()}")
    return done.stderr.strip()


def put_in_place(fresh: Path) -> Path:
    """At once: whoever reads sees the old one or the new one. Returns the path of `nginx.conf` that does not change."""
    current = fresh.parents[1] / CONF
    before = current.resolve()
    link(current, Path(fresh.parent.name))
    if before not in {current, fresh.parent}:
        shutil.rmtree(before, ignore_errors=True)
    return current / fresh.name


def link(place: Path, target: Path) -> None:
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(place)


def discard(fresh: Path) -> None:
    shutil.rmtree(fresh.parent)


def check_stdout(environ: Mapping[str, str]) -> None:
    """Nginx opens standard output by its name in /dev, and a socket cannot be opened.

    Raises:
        SettingError: the access log shall go there, and it is one.
    """
    if environ.get("NGINX_ACCESS_LOG") == "stdout" and stat.S_ISSOCK(os.fstat(STDOUT).st_mode):
        raise SettingError(
            "NGINX_ACCESS_LOG: standard output is a socket, as under systemd's journal, which Nginx cannot open: "
            "name a file"
        )
