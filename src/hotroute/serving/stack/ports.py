"""Are the ports free? Asked before anything is started, so that the answer can name the setting to change."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack

from hotroute.settings import SettingError
from hotroute.settings.serving import PORTS, ServingSettings


def check(environ: Mapping[str, str]) -> None:
    """Bind every port of the stack at once, then let go of them: two settings with the same port are found too.

    Raises:
        SettingError: a port is taken or not allowed; the message names the setting.
    """
    settings = ServingSettings.read(environ)
    with ExitStack() as bound:
        for name in PORTS:
            for host in settings.addresses(name):
                bound.enter_context(listening(name, host, settings.port(name)))


def listening(name: str, host: str, number: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, number))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise SettingError(
            f"{name}: port {number} on {host} cannot be used ({reason}). Set {name} to another"
        ) from None
    return listener
